use image2_picture::{Colour, Recipe};
use image2_protocol::{
    DeviceInfo, Estimate, Event, Failure, Frame, ModelInfo, Note, PROTOCOL, Remedy,
};

use super::*;

fn wanted(seed: u64) -> Wanted {
    Wanted {
        prompt: "a red apple".into(),
        seed,
        ..Wanted::default()
    }
}

fn model() -> ModelInfo {
    ModelInfo {
        name: "image2-mini".into(),
        title: "Image 2 mini".into(),
        licence: "MIT".into(),
        digest: "00".into(),
        size_bytes: 31_000_000,
        patch: 16,
        side_min: 64,
        side_max: 256,
        area_max: 65_536,
        alpha: true,
        enlarges: true,
        recommended: Recipe {
            width: 256,
            height: 256,
            steps: 4,
            guidance: 2.0,
            ..Recipe::default()
        },
    }
}

fn failure(remedy: Remedy) -> Failure {
    Failure::new("x.y", remedy)
}

fn hello(protocol: u32) -> Event {
    Event::Ready {
        protocol,
        device: DeviceInfo::Cpu,
    }
}

fn started() -> Session {
    let (mut session, commands) = Session::new(0.0);
    assert_eq!(commands, [Command::Spawn { cpu: false }]);
    assert_eq!(
        session.on_event(hello(PROTOCOL), 1.0),
        [Command::Load { fresh: false }]
    );
    session
}

fn ready() -> Session {
    let mut session = started();
    session.on_event(Event::Loaded { model: model() }, 2.0);
    session
}

fn progress(id: JobId, done: u32) -> Event {
    Event::Progress {
        id,
        stage: Stage::Drawing,
        done,
        all: 4,
        is_last_stage: true,
        elapsed_ms: 0.0,
        left_ms: None,
        frame: None,
    }
}

/// Ticks once a second and returns the first second with an command.
fn first_command(session: &mut Session, from_ms: f64, to_ms: f64) -> Option<f64> {
    let mut now_ms = from_ms;
    while now_ms <= to_ms {
        if !session.tick(now_ms).is_empty() {
            return Some(now_ms);
        }
        now_ms += 1_000.0;
    }
    None
}

#[test]
fn a_picture_asked_for_while_loading_starts_by_itself() {
    let mut session = started();
    assert_eq!(session.generate(wanted(5), 2.0), []);
    assert!(matches!(session.run, Run::Waiting(_)));
    let commands = session.on_event(Event::Loaded { model: model() }, 3.0);
    let [Command::Send(Request::Generate { id: 1, recipe })] = &commands[..] else {
        panic!("{commands:?}");
    };
    let (seed, steps, guidance) = (recipe.seed, recipe.steps, recipe.guidance);
    assert_eq!((seed, steps, guidance), (5, 4, 2.0));
}

#[test]
fn preparing_comes_after_loading_and_keeps_what_waits() {
    let mut session = started();
    session.generate(wanted(5), 2.0);
    let preparing = |done| Event::Preparing { done, total: 9 };
    assert_eq!(session.on_event(preparing(0), 3.0), []);
    assert_eq!(session.phase, Phase::Preparing { done: 0, total: 9 });
    assert!(matches!(session.run, Run::Waiting(_)));
    // Each kernel counts as a response.
    assert_eq!(first_command(&mut session, 3.0, 100_000.0), None);
    session.on_event(preparing(1), 100_000.0);
    assert_eq!(first_command(&mut session, 100_000.0, 200_000.0), None);
    let commands = session.on_event(Event::Loaded { model: model() }, 200_000.0);
    assert!(matches!(&commands[..], [Command::Send(_)]));
}

#[test]
fn a_kernel_that_is_refused_while_preparing_keeps_what_waits() {
    let mut session = started();
    session.generate(wanted(5), 2.0);
    session.on_event(Event::Preparing { done: 0, total: 9 }, 3.0);
    let event = Event::Failed {
        id: None,
        failure: failure(Remedy::UseCpu),
    };
    assert_eq!(session.on_event(event, 4.0), [Command::Terminate]);
    let trouble = session.trouble.clone().expect("a trouble");
    assert_eq!(trouble.lost, Some(wanted(5)));
}

#[test]
fn a_finished_picture_is_delivered_with_its_recipe_even_while_cancelling() {
    let mut session = ready();
    session.generate(wanted(9), 3.0);
    assert_eq!(session.generate(wanted(10), 3.0), [], "one job at a time");
    assert_eq!(
        session.cancel(4.0),
        [Command::Send(Request::Cancel { id: 1 })]
    );
    assert_eq!(session.cancel(4.0), [], "asked once");
    let ground = Some(Colour([1, 2, 3]));
    session.change_ground(ground);
    let frame = Frame {
        width: 256,
        height: 256,
    };
    let commands = session.on_event(
        Event::Done {
            id: 1,
            frame,
            elapsed_ms: 5.0,
            notes: vec![Note::new("words.unread")],
        },
        5.0,
    );
    let [
        Command::Deliver {
            recipe,
            model: drawn_by,
            notes,
            ..
        },
    ] = &commands[..]
    else {
        panic!("{commands:?}");
    };
    assert_eq!((recipe.seed, recipe.ground), (9, ground));
    assert_eq!(drawn_by.as_ref(), &model());
    assert_eq!(session.run, Run::Idle);
    let completed = session.completed.expect("a completed job");
    assert_eq!((completed.id, &completed.notes), (1, notes));
}

#[test]
fn a_ground_that_was_changed_meanwhile_is_not_lost() {
    let ground = Some(Colour([1, 2, 3]));
    let mut session = started();
    session.generate(wanted(9), 1.0);
    session.change_ground(ground);
    session.on_event(Event::Loaded { model: model() }, 2.0);
    let Run::Active(active) = &session.run else {
        panic!("runs");
    };
    assert_eq!(active.recipe.ground, ground, "while the model loaded");
    session.change_ground(None);
    session.change_ground(ground);
    session.on_broken(Failure::new("gpu.lost", Remedy::Restart));
    let lost = session.trouble.as_ref().and_then(|it| it.lost.clone());
    let recipe = lost.expect("the picture").recipe(&session.limits);
    assert_eq!((recipe.seed, recipe.ground), (9, ground), "drawn again");
}

#[test]
fn drawing_is_a_part_of_the_bar_where_enlarging_follows() {
    for (stage, is_last_stage, percent) in [
        (Stage::Drawing, true, 66),
        (Stage::Drawing, false, 10),
        (Stage::Enlarging, true, 15 + 56),
    ] {
        let mut session = ready();
        session.generate(wanted(9), 3.0);
        let frame = Frame {
            width: 2,
            height: 2,
        };
        let event = Event::Progress {
            id: 1,
            stage,
            done: 2,
            all: 3,
            is_last_stage,
            elapsed_ms: 1.0,
            left_ms: Some(2.0),
            frame: Some(frame),
        };
        assert_eq!(session.on_event(event, 4.0), [Command::Preview(frame)]);
        let Run::Active(active) = session.run else {
            panic!("runs");
        };
        let expected = Progress {
            stage,
            done: 2,
            all: 3,
            left_ms: Some(2.0),
            is_last_stage,
        };
        assert_eq!(active.progress, expected);
        assert_eq!(expected.percent(), percent);
    }
}

#[test]
fn a_cost_is_asked_for_when_the_worker_can_answer_and_only_the_last_answer_counts() {
    let recipe = |width| Recipe {
        width,
        ..Recipe::default()
    };
    let mut session = started();
    assert_eq!(session.estimate(recipe(1)), [], "no model yet");
    session.on_event(Event::Loaded { model: model() }, 2.0);
    let ask = |id, recipe| [Command::Send(Request::Estimate { id, recipe })];
    assert_eq!(session.estimate(recipe(1)), ask(1, recipe(1)));
    assert_eq!(session.estimate(recipe(2)), ask(2, recipe(2)));
    let cost = Estimate {
        memory_bytes: 9,
        duration_ms: None,
    };
    for id in [1, 2, 2] {
        let outcome = Ok(cost);
        session.on_event(Event::Estimated { id, outcome }, 3.0);
        let expected = (id == 2).then_some(recipe(2));
        let estimated = session.estimated.as_ref();
        assert_eq!(estimated.map(|it| it.recipe.clone()), expected);
    }
    session.generate(wanted(3), 4.0);
    assert_eq!(session.estimate(recipe(4)), [], "it is busy");
    session.on_broken(failure(Remedy::Restart));
    session.act(Action::Restart, 5.0);
    assert_eq!(session.estimated, None, "another worker, another cost");
}

#[test]
fn the_recommended_size_is_expected_by_the_device_until_the_model_says_it() {
    let width = |device| {
        let (mut session, _) = Session::new(0.0);
        let event = Event::Ready {
            protocol: PROTOCOL,
            device,
        };
        session.on_event(event, 1.0);
        let expected = session.limits.recommended.width;
        session.on_event(Event::Loaded { model: model() }, 2.0);
        (expected, session.limits.recommended.width)
    };
    let gpu = DeviceInfo::Gpu {
        adapter: String::new(),
    };
    assert_eq!(width(DeviceInfo::Cpu), (512, 256));
    assert_eq!(width(gpu), (1024, 256));
}

#[test]
fn events_of_an_old_job_change_nothing() {
    let mut session = ready();
    session.generate(wanted(1), 3.0);
    session.cancel(3.0);
    session.on_event(Event::Cancelled { id: 1 }, 4.0);
    session.generate(wanted(2), 5.0);
    let before = session.run.clone();
    let frame = Frame {
        width: 1,
        height: 1,
    };
    assert_eq!(
        session.on_event(
            Event::Done {
                id: 1,
                frame,
                elapsed_ms: 1.0,
                notes: vec![],
            },
            5.0
        ),
        []
    );
    session.on_event(Event::Cancelled { id: 1 }, 5.0);
    session.on_event(
        Event::Failed {
            id: Some(1),
            failure: failure(Remedy::Restart),
        },
        5.0,
    );
    session.on_event(progress(1, 3), 5.0);
    assert_eq!(session.run, before);
    assert_eq!(session.trouble, None);
}

#[test]
fn a_crash_keeps_the_picture_asked_for_and_a_restart_sends_it_again() {
    let mut session = ready();
    session.generate(wanted(7), 3.0);
    assert_eq!(
        session.on_broken(failure(Remedy::Restart)),
        [Command::Terminate]
    );
    assert_eq!(session.phase, Phase::Down);
    assert_eq!(
        session.act(Action::Restart, 4.0),
        [Command::Spawn { cpu: false }]
    );
    session.on_event(hello(PROTOCOL), 5.0);
    let commands = session.on_event(Event::Loaded { model: model() }, 6.0);
    assert!(
        matches!(&commands[..], [Command::Send(Request::Generate { id: 2, recipe })] if recipe.seed == 7)
    );
}

#[test]
fn a_silent_job_fails_after_a_minute() {
    let mut session = ready();
    session.generate(wanted(7), 3_000.0);
    session.on_event(progress(1, 0), 3_000.0);
    session.on_event(progress(1, 1), 4_000.0);
    assert_eq!(
        first_command(&mut session, 4_000.0, 200_000.0),
        Some(65_000.0)
    );
    let trouble = session.trouble.clone().expect("a trouble");
    assert_eq!(trouble.failure.code, "worker.silent");
    assert_eq!(trouble.failure.arguments["phase"], "drawing");
    assert_eq!(trouble.lost, Some(wanted(7)));
}

#[test]
fn a_part_may_take_ten_times_the_slowest() {
    let mut session = ready();
    session.generate(wanted(7), 0.0);
    session.on_event(progress(1, 0), 0.0);
    session.on_event(progress(1, 1), 20_000.0);
    assert_eq!(
        first_command(&mut session, 20_000.0, 900_000.0),
        Some(221_000.0)
    );
}

#[test]
fn a_machine_that_slept_is_not_a_silent_worker() {
    let mut session = ready();
    session.generate(wanted(7), 3_000.0);
    assert_eq!(first_command(&mut session, 3_000.0, 30_000.0), None);
    assert_eq!(session.tick(9_000_000.0), []);
    assert!(session.trouble.is_none());
}

#[test]
fn an_idle_worker_may_be_silent_for_ever() {
    assert_eq!(first_command(&mut ready(), 0.0, 1_000_000.0), None);
}

#[test]
fn a_model_that_did_not_load_is_asked_for_again_with_what_waits() {
    let mut session = started();
    session.generate(wanted(3), 2.0);
    let event = Event::Failed {
        id: None,
        failure: failure(Remedy::FetchAgain),
    };
    assert_eq!(session.on_event(event, 3.0), [], "the worker stands");
    assert_eq!(
        session.act(Action::FetchAgain, 4.0),
        [Command::Load { fresh: true }]
    );
    assert!(matches!(session.run, Run::Waiting(_)));
}

#[test]
fn a_failed_job_is_retried_on_the_same_worker() {
    let mut session = ready();
    session.generate(wanted(3), 2.0);
    let failed = Event::Failed {
        id: Some(1),
        failure: failure(Remedy::Retry),
    };
    assert_eq!(session.on_event(failed, 3.0), []);
    assert!(matches!(session.phase, Phase::Ready(_)));
    assert!(matches!(
        &session.act(Action::Retry, 4.0)[..],
        [Command::Send(Request::Generate { id: 2, .. })]
    ));
}

#[test]
fn the_processor_is_offered_only_while_the_gpu_computes() {
    let trouble = Trouble {
        failure: failure(Remedy::UseCpu),
        lost: None,
    };
    assert_eq!(
        trouble.actions(true),
        [Action::UseCpu, Action::Restart, Action::Dismiss]
    );
    assert_eq!(trouble.actions(false), [Action::Restart, Action::Dismiss]);
    let mut session = ready();
    session.generate(wanted(3), 2.0);
    session.on_broken(failure(Remedy::UseCpu));
    assert_eq!(
        session.act(Action::UseCpu, 4.0),
        [Command::Spawn { cpu: true }]
    );
    assert_eq!(session.run, Run::Waiting(wanted(3)));
}

#[test]
fn a_worker_that_ignores_cancel_is_ended() {
    let mut session = ready();
    session.generate(wanted(3), 0.0);
    session.cancel(0.0);
    assert_eq!(first_command(&mut session, 0.0, 7_000.0), None);
    let Run::Active(active) = &session.run else {
        panic!("still running")
    };
    assert_eq!(active.cancelling, Cancelling::Overdue);
    assert_eq!(session.cancel(7_000.0), [Command::Spawn { cpu: false }]);
    assert_eq!(session.run, Run::Idle);
}

#[test]
fn after_a_dismissed_failure_generate_starts_a_new_worker() {
    let mut session = ready();
    session.on_broken(failure(Remedy::Restart));
    assert_eq!(session.act(Action::Dismiss, 1.0), []);
    assert_eq!(
        session.generate(wanted(1), 2.0),
        [Command::Spawn { cpu: false }]
    );
}

#[test]
fn another_device_starts_over_with_what_was_asked_for() {
    let mut waiting = started();
    waiting.generate(wanted(3), 2.0);
    assert_eq!(waiting.change_device(3.0), [Command::Spawn { cpu: false }]);
    assert_eq!(waiting.run, Run::Waiting(wanted(3)));

    let mut running = ready();
    running.generate(wanted(4), 2.0);
    running.change_device(3.0);
    assert_eq!(running.run, Run::Waiting(wanted(4)));

    let mut cancelling = ready();
    cancelling.generate(wanted(5), 2.0);
    cancelling.cancel(2.0);
    cancelling.change_device(3.0);
    assert_eq!(cancelling.run, Run::Idle);
}

#[test]
fn a_worker_of_another_deployment_is_refused_and_the_page_offers_to_reload() {
    for other in [0, PROTOCOL + 1] {
        let (mut session, _) = Session::new(0.0);
        session.generate(wanted(3), 1.0);
        assert_eq!(session.on_event(hello(other), 2.0), [Command::Terminate]);
        let trouble = session.trouble.clone().expect("a trouble");
        assert_eq!(trouble.failure.code, "worker.outdated");
        assert_eq!(trouble.failure.arguments["worker"], other);
        assert_eq!(trouble.lost, Some(wanted(3)));
        for on_gpu in [false, true] {
            assert_eq!(trouble.actions(on_gpu), [Action::Reload, Action::Dismiss]);
        }
        assert_eq!(session.act(Action::Reload, 3.0), [Command::Reload]);
        assert_eq!(session.trouble, Some(trouble), "until the page is gone");
    }
}

#[test]
fn a_page_that_is_older_than_the_server_goes_on_until_it_is_reloaded() {
    let mut session = ready();
    session.generate(wanted(3), 2.0);
    let run = session.run.clone();
    session.on_outdated_page();
    let trouble = session.trouble.clone().expect("a trouble");
    assert_eq!(trouble.failure.code, "page.outdated");
    assert_eq!(session.run, run, "the picture is still being made");
    assert!(matches!(session.phase, Phase::Ready(_)));

    assert_eq!(session.act(Action::Dismiss, 3.0), []);
    session.on_broken(failure(Remedy::Restart));
    session.on_outdated_page();
    let trouble = session.trouble.expect("a trouble");
    assert_eq!(trouble.failure.code, "x.y", "a failure comes first");

    let mut session = ready();
    session.generate(wanted(3), 2.0);
    session.on_broken(Failure::new("worker.crashed", Remedy::Restart));
    session.on_outdated_page();
    let trouble = session.trouble.expect("a trouble");
    assert_eq!(trouble.failure.code, "page.outdated", "the likely cause");
    assert_eq!(trouble.lost, Some(wanted(3)));
}
