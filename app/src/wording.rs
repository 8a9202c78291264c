//! Amounts, failures and notes as messages. Amounts are rounded as people speak, because an estimate
//! to a tenth of a second only flickers.

use image2_protocol::{DeviceInfo, Estimate, Failure, Note, Stage};

use crate::host::device::Why;
use crate::host::session::Progress;
use crate::locales::{Message, Value, messages};

/// An amount of time as people speak.
enum Spoken {
    Second,
    Seconds(Value),
    Minute,
    Minutes(Value),
    Hours(Value),
}

/// Nothing for an estimate that is none.
fn spoken(ms: f64) -> Option<Spoken> {
    if !ms.is_finite() || ms < 0.0 {
        return None;
    }
    let seconds = ms / 1000.0;
    let whole = |value: f64| Value::decimal(value.round(), 0);
    Some(if seconds < 1.5 {
        Spoken::Second
    } else if seconds < 10.0 {
        Spoken::Seconds(whole(seconds))
    } else if seconds < 57.5 {
        Spoken::Seconds(whole((seconds / 5.0).round() * 5.0))
    } else if seconds < 90.0 {
        Spoken::Minute
    } else if seconds < 3570.0 {
        Spoken::Minutes(whole(seconds / 60.0))
    } else {
        Spoken::Hours(whole((seconds / 3600.0).max(1.0)))
    })
}

/// How long a job still runs, by the worker's estimate.
pub fn time_left(ms: f64) -> Option<Message> {
    spoken(ms).map(|time| match time {
        Spoken::Second => messages::left_second(),
        Spoken::Seconds(count) => messages::left_seconds(count),
        Spoken::Minute => messages::left_minute(),
        Spoken::Minutes(count) => messages::left_minutes(count),
        Spoken::Hours(count) => messages::left_hours(count),
    })
}

/// How long a job will take.
fn about(ms: f64) -> Option<Message> {
    spoken(ms).map(|time| match time {
        Spoken::Second => messages::about_second(),
        Spoken::Seconds(count) => messages::about_seconds(count),
        Spoken::Minute => messages::about_minute(),
        Spoken::Minutes(count) => messages::about_minutes(count),
        Spoken::Hours(count) => messages::about_hours(count),
    })
}

/// A size in pixels.
pub fn size((width, height): (u32, u32)) -> Message {
    messages::size_pixels(height.to_string(), width.to_string())
}

/// Less memory than this is no news on any device that runs a browser.
const MEMORY_SAID_BYTES: u64 = 150_000_000;

/// What a picture of this size takes: `4096 × 4096: about 2 minutes, 380 MB of memory.`
pub fn cost(size: (u32, u32), estimate: &Estimate) -> Message {
    let (width, height) = (size.0.to_string(), size.1.to_string());
    let time = estimate.duration_ms.and_then(about);
    let memory = (estimate.memory_bytes >= MEMORY_SAID_BYTES).then(|| bytes(estimate.memory_bytes));
    match (time, memory) {
        (Some(time), Some(memory)) => messages::size_cost(height, memory, time, width),
        (Some(time), None) => messages::size_cost_time(height, time, width),
        (None, Some(memory)) => messages::size_cost_memory(height, memory, width),
        (None, None) => self::size(size),
    }
}

/// How long a finished job took.
pub fn duration(ms: f64) -> Message {
    if !ms.is_finite() || ms < 0.0 {
        return messages::duration_unknown();
    }
    let seconds = ms / 1000.0;
    if seconds < 0.995 {
        messages::duration_ms(Value::decimal(ms, 0))
    } else if seconds < 9.95 {
        messages::duration_seconds(Value::decimal(seconds, 1))
    } else if seconds < 59.5 {
        messages::duration_seconds(Value::decimal(seconds, 0))
    } else {
        let minutes = (seconds / 60.0).floor();
        let rest = (seconds - minutes * 60.0).floor();
        messages::duration_minutes(Value::decimal(minutes, 0), Value::decimal(rest, 0))
    }
}

/// A size in bytes, in the decimal units that browsers and stores show.
pub fn bytes(count: u64) -> Message {
    #[expect(
        clippy::cast_precision_loss,
        reason = "shown with three digits at most"
    )]
    let count = count as f64;
    if count < 999.5 {
        messages::bytes(Value::decimal(count, 0))
    } else if count < 999_500.0 {
        messages::bytes_kilo(Value::decimal(count / 1e3, 0))
    } else if count < 9_950_000.0 {
        messages::bytes_mega(Value::decimal(count / 1e6, 1))
    } else if count < 999_500_000.0 {
        messages::bytes_mega(Value::decimal(count / 1e6, 0))
    } else {
        messages::bytes_giga(Value::decimal(count / 1e9, 1))
    }
}

/// How much of the preparation for the first picture a device has done, in percent.
pub fn preparing(done: u32, total: u32) -> Message {
    let percent = 100 * u64::from(done) / u64::from(total.max(1));
    let percent = u32::try_from(percent).unwrap_or(100);
    messages::model_preparing_percent(percent)
}

/// Guidance: whole where it is whole.
pub fn guidance(value: f32) -> Message {
    if value <= 1.0 {
        messages::guidance_off()
    } else {
        let digits = if value.fract() == 0.0 { 0 } else { 1 };
        messages::number(Value::decimal(value.into(), digits))
    }
}

/// Progress for the eye: `Enlarging: 35 %. About a minute left.`
pub fn progress(progress: &Progress) -> Message {
    let left = progress.left_ms.and_then(time_left);
    let is_whole = progress.done > 0 && progress.done >= progress.all;
    match (progress.stage, left) {
        _ if is_whole && progress.is_last_stage => messages::progress_finishing(),
        (Stage::Drawing, None) => messages::progress_drawing(),
        (Stage::Drawing, Some(left)) => messages::progress_drawing_left(left),
        (Stage::Enlarging, None) => messages::progress_enlarging(progress.percent()),
        (Stage::Enlarging, Some(left)) => {
            messages::progress_enlarging_left(left, progress.percent())
        }
    }
}

/// What happened. A code without a sentence of its own has a more general one.
pub fn failure(failure: &Failure) -> Message {
    let message = Message::coded("failure", &failure.code, &failure.arguments);
    message.unwrap_or_else(|| messages::text(failure.code.as_str()))
}

/// Facts about a finished picture.
pub fn note(note: &Note) -> Message {
    let message = Message::coded("note", &note.code, &note.arguments);
    message.unwrap_or_else(|| messages::unknown_note(note.code.as_str()))
}

/// The device that computed a picture.
pub fn device(device: &DeviceInfo) -> Message {
    match device {
        DeviceInfo::Gpu { adapter } if adapter.trim().is_empty() => messages::fact_device_gpu(),
        DeviceInfo::Gpu { adapter } => messages::fact_device_gpu_named(adapter.as_str()),
        DeviceInfo::Cpu => messages::fact_device_cpu(),
    }
}

/// Why the processor computes, for the top line.
pub fn reason(why: Why) -> Message {
    match why {
        Why::Chosen => messages::reason_chosen(),
        Why::Insecure => messages::reason_insecure(),
        Why::NoWebGpu => messages::reason_no_webgpu(),
        Why::NoAdapter => messages::reason_no_adapter(),
        Why::Software => messages::reason_software(),
    }
}

/// Why the processor computes, as a whole sentence with what can be done.
pub fn reason_help(why: Why) -> Message {
    match why {
        Why::Chosen => messages::reason_chosen_help(),
        Why::Insecure => messages::reason_insecure_help(),
        Why::NoWebGpu => messages::reason_no_webgpu_help(),
        Why::NoAdapter => messages::reason_no_adapter_help(),
        Why::Software => messages::reason_software_help(),
    }
}

/// Jobs that end sooner are announced at their end only.
const ANNOUNCED_MS: f64 = 5_000.0;

/// Whether a screen reader announces this progress: quarters of a long job, none of a short one.
pub fn is_milestone(before: &Progress, after: &Progress) -> bool {
    let quarter = |progress: &Progress| (progress.stage, progress.percent() / 25);
    let is_long = after.left_ms.is_some_and(|left_ms| left_ms >= ANNOUNCED_MS);
    is_long && quarter(before) != quarter(after)
}

#[cfg(test)]
mod tests {
    use image2_protocol::Remedy;

    use super::*;
    use crate::locales::test_catalogue;

    fn english(message: &Message) -> String {
        test_catalogue("en").text(message)
    }

    fn german(message: &Message) -> String {
        test_catalogue("de").text(message)
    }

    #[test]
    fn time_left_is_rounded_as_people_speak() {
        for (ms, words) in [
            (0.0, "About a second left."),
            (1_400.0, "About a second left."),
            (3_600.0, "About 4 seconds left."),
            (23_000.0, "About 25 seconds left."),
            (57_000.0, "About 55 seconds left."),
            (61_000.0, "About a minute left."),
            (200_000.0, "About 3 minutes left."),
            (3_590_000.0, "About 1 hour left."),
            (9_000_000.0, "About 3 hours left."),
        ] {
            let left = time_left(ms).expect("an estimate");
            assert_eq!(english(&left), words, "{ms}");
        }
        assert_eq!((time_left(f64::NAN), time_left(-5.0)), (None, None));
    }

    #[test]
    fn durations_and_bytes() {
        for (message, words, german_words) in [
            (duration(412.3), "412 ms", "412 ms"),
            (duration(4_260.0), "4.3 s", "4,3 s"),
            (duration(59_400.0), "59 s", "59 s"),
            (duration(125_000.0), "2 min 5 s", "2 min 5 s"),
            (duration(f64::NAN), "–", "–"),
            (bytes(1), "1 byte", "1 Byte"),
            (bytes(17), "17 bytes", "17 Bytes"),
            (bytes(31_400_000), "31 MB", "31 MB"),
            (bytes(1_500_000), "1.5 MB", "1,5 MB"),
            (bytes(2_300_000_000), "2.3 GB", "2,3 GB"),
        ] {
            assert_eq!(english(&message), words);
            assert_eq!(german(&message), german_words);
        }
    }

    fn at(stage: Stage, done: u32, all: u32, left_ms: Option<f64>) -> Progress {
        Progress {
            stage,
            done,
            all,
            left_ms,
            is_last_stage: stage == Stage::Enlarging,
        }
    }

    #[test]
    fn progress_names_the_stage_and_the_time() {
        use Stage::{Drawing, Enlarging};
        let text = |at: Progress| english(&progress(&at));
        for (at, words) in [
            (at(Drawing, 0, 4, None), "Drawing…"),
            (
                at(Drawing, 2, 4, Some(6_000.0)),
                "Drawing. About 6 seconds left.",
            ),
            (
                at(Drawing, 4, 4, Some(6_000.0)),
                "Drawing. About 6 seconds left.",
            ),
            (at(Enlarging, 0, 9, None), "Enlarging: 15 %."),
            (
                at(Enlarging, 7, 20, Some(61_000.0)),
                "Enlarging: 44 %. About a minute left.",
            ),
            (at(Enlarging, 20, 20, Some(0.0)), "Finishing…"),
        ] {
            assert_eq!(text(at), words);
        }
        let alone = Progress {
            is_last_stage: true,
            ..at(Drawing, 4, 4, Some(0.0))
        };
        assert_eq!(text(alone), "Finishing…");
        assert_eq!(
            german(&progress(&at(Enlarging, 7, 20, Some(61_000.0)))),
            "Wird vergrößert: 44 %. Noch etwa eine Minute."
        );
    }

    #[test]
    fn a_size_says_what_it_takes_where_that_is_long() {
        let text = |memory_bytes, duration_ms| {
            let estimate = Estimate {
                memory_bytes,
                duration_ms,
            };
            english(&cost((4096, 2304), &estimate))
        };
        let both = text(380_000_000, Some(121_000.0));
        assert_eq!(both, "4096 × 2304: about 2 minutes, 380 MB of memory.");
        assert_eq!(text(9, Some(3_000.0)), "4096 × 2304: about 3 seconds.");
        assert_eq!(text(380_000_000, None), "4096 × 2304: 380 MB of memory.");
        assert_eq!(text(9, None), "4096 × 2304 pixels.");
    }

    #[test]
    fn only_quarters_of_long_jobs_are_announced() {
        let announced = |left_ms| -> Vec<u32> {
            let progress = |done| at(Stage::Enlarging, done, 20, Some(left_ms));
            let is_announced = |done: &u32| is_milestone(&progress(done - 1), &progress(*done));
            (1..=20).filter(is_announced).collect()
        };
        assert_eq!(announced(9_000.0), [3, 9, 15, 20]);
        assert!(announced(4_000.0).is_empty());
        let drawn = at(Stage::Drawing, 4, 4, Some(9_000.0));
        assert!(is_milestone(
            &drawn,
            &at(Stage::Enlarging, 0, 20, Some(9_000.0))
        ));
    }

    #[test]
    fn preparing_is_a_percentage() {
        for (done, total, percent) in [(3, 8, 37), (0, 0, 0), (8, 8, 100)] {
            let expected = messages::model_preparing_percent(percent);
            assert_eq!(preparing(done, total), expected);
        }
    }

    #[test]
    fn a_failure_is_worded_by_its_code_and_arguments() {
        let text = |failure: Failure| english(&super::failure(&failure));
        let silent = |phase| Failure::new("worker.silent", Remedy::Restart).with("phase", phase);
        assert_eq!(text(silent("loading")), "Loading the model has stalled.");
        assert_ne!(text(silent("loading")), text(silent("drawing")));
        assert_eq!(text(silent("?")), text(silent("drawing")));
        let unknown = Failure::new("moon.full", Remedy::Retry).with("phase", 3);
        assert_eq!(text(unknown), "Something went wrong.");
    }

    #[test]
    fn notes_name_the_words() {
        let unread = Note::new("words.unread").with("text", "a banana");
        assert!(english(&note(&unread)).ends_with(":\n“a banana”"));
        let unknown = Note::new("words.unknown").with("words", vec!["quokka", "zyx", "abc"]);
        assert!(english(&note(&unknown)).ends_with(":\n“quokka”, “zyx”, “abc”"));
        assert!(german(&note(&unknown)).ends_with(":\n„quokka“, „zyx“, „abc“"));
        assert_eq!(
            english(&note(&Note::new("moon.new"))),
            "About this picture: moon.new"
        );
    }

    #[test]
    fn guidance_of_one_is_off() {
        assert_eq!(guidance(1.0), messages::guidance_off());
        let texts = [3.5, 4.0].map(|value| german(&guidance(value)));
        assert_eq!(texts, ["3,5", "4"]);
    }
}
