//! The session with the worker, as a machine without side effects: it takes what happened (an
//! event of the worker, a press of a button, the passing of time) and answers what to do.
//!
//! Its contract: a picture asked for ends as a picture, as cancelled, or as a [`Trouble`] that
//! still holds it and can send it again. A worker that falls silent is a failure like any other:
//! browsers end a worker or lose a device without a word, and a bar that stands still forever
//! is the complaint most often heard of such programs.

mod parts;
#[cfg(test)]
mod tests;

use image2_protocol::{Event, Failure, JobId, Remedy, Request};

pub use parts::{Action, Active, Cancelling, Effect, Phase, Run, Trouble};

use crate::create::settings::{Limits, Wanted};

/// Longest silence of a worker that is being fetched and compiled: megabytes on a slow phone.
const STARTING_MS: f64 = 120_000.0;
/// Longest silence while the model's bytes arrive and are put on the device, or while that compiles
/// one kernel.
const LOADING_MS: f64 = 120_000.0;
/// Longest silence during a job, unless steps have been seen to be slow.
const STEP_MS: f64 = 60_000.0;
/// A step may take this many times the slowest seen.
const STEP_SLACK: f64 = 10.0;
/// A clock that jumps by this much between two ticks slept: the silence was ours.
const SLEPT_MS: f64 = 10_000.0;
/// After this long without an answer to `Cancel`, the worker may be ended by force.
const CANCEL_PATIENCE_MS: f64 = 5_000.0;

/// The machine. Times are milliseconds of one monotonic clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub phase: Phase,
    pub run: Run,
    pub trouble: Option<Trouble>,
    /// What the model can make: the last one loaded, so that a restart does not move the sliders.
    pub limits: Limits,
    alive: bool,
    next_id: JobId,
    heard_ms: f64,
    ticked_ms: f64,
    slowest_step_ms: f64,
}

impl Session {
    /// A session whose first worker is about to start.
    pub fn new(now_ms: f64) -> (Self, Vec<Effect>) {
        let mut session = Self {
            phase: Phase::Down,
            run: Run::Idle,
            trouble: None,
            limits: Limits::default(),
            alive: false,
            next_id: 1,
            heard_ms: now_ms,
            ticked_ms: now_ms,
            slowest_step_ms: 0.0,
        };
        let effects = session.spawn(false, now_ms);
        (session, effects)
    }

    /// The worker spoke.
    pub fn on_event(&mut self, event: Event, now_ms: f64) -> Vec<Effect> {
        let silent_ms = now_ms - self.heard_ms;
        self.heard_ms = now_ms;
        match event {
            Event::Ready { .. } => {
                self.phase = Phase::Loading {
                    received_bytes: 0,
                    total_bytes: 0,
                };
                vec![Effect::Load { fresh: false }]
            }
            Event::Loading {
                received_bytes,
                total_bytes,
            } => {
                if !matches!(self.phase, Phase::Ready(_)) {
                    self.phase = Phase::Loading {
                        received_bytes,
                        total_bytes,
                    };
                }
                vec![]
            }
            Event::Preparing { done, total } => {
                if !matches!(self.phase, Phase::Ready(_)) {
                    self.phase = Phase::Preparing { done, total };
                }
                vec![]
            }
            Event::Loaded { model } => {
                self.limits = (&model).into();
                self.phase = Phase::Ready(model);
                match std::mem::replace(&mut self.run, Run::Idle) {
                    Run::Waiting(wanted) => self.send(wanted),
                    run => {
                        self.run = run;
                        vec![]
                    }
                }
            }
            Event::Progress {
                id,
                step,
                left_ms,
                frame,
                ..
            } => {
                let Some(active) = self.active(id) else {
                    return vec![];
                };
                active.step = step;
                active.left_ms = left_ms;
                if step > 0 {
                    self.slowest_step_ms = self.slowest_step_ms.max(silent_ms);
                }
                frame.map(Effect::Preview).into_iter().collect()
            }
            Event::Done {
                id,
                frame,
                elapsed_ms,
            } => {
                let Some(active) = self.active(id) else {
                    return vec![];
                };
                // The worker may have finished while `Cancel` travelled: the picture is kept.
                let job = active.job.clone();
                self.run = Run::Idle;
                vec![Effect::Keep {
                    job,
                    frame,
                    elapsed_ms,
                }]
            }
            Event::Cancelled { id } => {
                if self.active(id).is_some() {
                    self.run = Run::Idle;
                }
                vec![]
            }
            Event::Failed {
                id: Some(id),
                failure,
            } => {
                if self.active(id).is_none() {
                    return vec![];
                }
                self.fail(failure, false)
            }
            Event::Failed { id: None, failure } => self.fail(failure, true),
        }
    }

    /// The worker crashed, spoke nonsense or could not be started.
    pub fn on_broken(&mut self, failure: Failure) -> Vec<Effect> {
        self.fail(failure, true)
    }

    /// A picture is asked for.
    pub fn generate(&mut self, wanted: Wanted, now_ms: f64) -> Vec<Effect> {
        if self.run != Run::Idle {
            return vec![];
        }
        self.trouble = None;
        self.start(Some(wanted), now_ms)
    }

    /// The picture is no longer wanted. A second time, after patience, ends the worker itself.
    pub fn cancel(&mut self, now_ms: f64) -> Vec<Effect> {
        match &mut self.run {
            Run::Idle => vec![],
            Run::Waiting(_) => {
                self.run = Run::Idle;
                vec![]
            }
            Run::Active(active) => match active.cancelling {
                Cancelling::No => {
                    active.cancelling = Cancelling::Since(now_ms);
                    vec![Effect::Send(Request::Cancel { id: active.id })]
                }
                Cancelling::Since(_) => vec![],
                Cancelling::Overdue => {
                    self.run = Run::Idle;
                    self.spawn(false, now_ms)
                }
            },
        }
    }

    /// A remedy was chosen.
    pub fn act(&mut self, action: Action, now_ms: f64) -> Vec<Effect> {
        let lost = self.trouble.take().and_then(|trouble| trouble.lost);
        match action {
            Action::Dismiss => vec![],
            Action::Edit => vec![Effect::EditPrompt],
            Action::Retry => self.start(lost, now_ms),
            Action::FetchAgain => {
                let mut effects = self.start(lost, now_ms);
                for effect in &mut effects {
                    if let Effect::Load { fresh } = effect {
                        *fresh = true;
                    }
                }
                effects
            }
            Action::Restart | Action::UseCpu => {
                self.run = lost.map_or(Run::Idle, Run::Waiting);
                self.spawn(action == Action::UseCpu, now_ms)
            }
        }
    }

    /// Another device was chosen: a new worker, and what was asked for starts over on it.
    pub fn change_device(&mut self, now_ms: f64) -> Vec<Effect> {
        let lost = self.trouble.take().and_then(|trouble| trouble.lost);
        let wanted = self.take_wanted().or(lost);
        self.run = wanted.map_or(Run::Idle, Run::Waiting);
        self.spawn(false, now_ms)
    }

    /// Called about once a second; finds a worker that stopped answering.
    pub fn tick(&mut self, now_ms: f64) -> Vec<Effect> {
        if now_ms - self.ticked_ms > SLEPT_MS {
            self.heard_ms = now_ms;
        }
        self.ticked_ms = now_ms;
        if let Run::Active(active) = &mut self.run
            && let Cancelling::Since(since_ms) = active.cancelling
            && now_ms - since_ms > CANCEL_PATIENCE_MS
        {
            active.cancelling = Cancelling::Overdue;
        }
        let patience_ms = match (&self.phase, &self.run) {
            (Phase::Starting, _) => STARTING_MS,
            (Phase::Loading { .. } | Phase::Preparing { .. }, _) => LOADING_MS,
            // The first step also compiles what other settings than the recommended ones need.
            (Phase::Ready(_), Run::Active(active)) if active.step == 0 => STARTING_MS,
            (Phase::Ready(_), Run::Active(_)) => STEP_MS.max(STEP_SLACK * self.slowest_step_ms),
            _ => return vec![],
        };
        if now_ms - self.heard_ms <= patience_ms {
            return vec![];
        }
        let message = match self.phase {
            Phase::Starting => "The part of this page that computes did not start.",
            Phase::Loading { .. } => "Loading the model stands still.",
            Phase::Preparing { .. } => "Preparing the model stands still.",
            _ => "The part of this page that computes stopped answering.",
        };
        self.fail(
            Failure {
                code: "worker.silent".into(),
                message: message.into(),
                remedy: Remedy::Restart,
            },
            true,
        )
    }

    /// Brings the picture on its way from wherever the session is.
    fn start(&mut self, wanted: Option<Wanted>, now_ms: f64) -> Vec<Effect> {
        match &self.phase {
            Phase::Ready(_) => {
                self.heard_ms = now_ms;
                wanted.map_or(vec![], |wanted| self.send(wanted))
            }
            Phase::Starting | Phase::Loading { .. } | Phase::Preparing { .. } => {
                self.run = wanted.map_or(Run::Idle, Run::Waiting);
                vec![]
            }
            Phase::Down => {
                self.run = wanted.map_or(Run::Idle, Run::Waiting);
                if self.alive {
                    self.heard_ms = now_ms;
                    self.phase = Phase::Loading {
                        received_bytes: 0,
                        total_bytes: 0,
                    };
                    vec![Effect::Load { fresh: false }]
                } else {
                    self.spawn(false, now_ms)
                }
            }
        }
    }

    fn send(&mut self, wanted: Wanted) -> Vec<Effect> {
        let id = self.next_id;
        self.next_id += 1;
        let job = wanted.job(&self.limits);
        self.run = Run::Active(Active {
            id,
            wanted,
            job: job.clone(),
            step: 0,
            left_ms: None,
            cancelling: Cancelling::No,
        });
        vec![Effect::Send(Request::Generate { id, job })]
    }

    fn spawn(&mut self, cpu: bool, now_ms: f64) -> Vec<Effect> {
        self.phase = Phase::Starting;
        self.trouble = None;
        self.alive = true;
        self.heard_ms = now_ms;
        self.slowest_step_ms = 0.0;
        vec![Effect::Spawn { cpu }]
    }

    /// Takes a failure in; `of_worker` where it is not a job's alone.
    fn fail(&mut self, failure: Failure, of_worker: bool) -> Vec<Effect> {
        let lost = self.take_wanted();
        let ends = matches!(failure.remedy, Remedy::Restart | Remedy::UseCpu);
        if of_worker || ends {
            self.phase = Phase::Down;
        }
        self.trouble = Some(Trouble { failure, lost });
        if ends && std::mem::take(&mut self.alive) {
            vec![Effect::Terminate]
        } else {
            vec![]
        }
    }

    /// Ends what runs or waits and gives it back; nobody waits for what was being cancelled.
    fn take_wanted(&mut self) -> Option<Wanted> {
        match std::mem::replace(&mut self.run, Run::Idle) {
            Run::Idle => None,
            Run::Waiting(wanted) => Some(wanted),
            Run::Active(active) => (active.cancelling == Cancelling::No).then_some(active.wanted),
        }
    }

    fn active(&mut self, id: JobId) -> Option<&mut Active> {
        match &mut self.run {
            Run::Active(active) if active.id == id => Some(active),
            _ => None,
        }
    }
}
