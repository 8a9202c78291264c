//! Amounts, failures and notes as messages. Amounts are rounded as people speak, because an estimate
//! to a tenth of a second only flickers.

use image2_protocol::{DeviceInfo, Failure, Note};

use crate::host::device::Why;
use crate::locales::{Message, Value, messages};

/// How long a job still runs, by the worker's estimate; nothing for an estimate that is none.
pub fn time_left(ms: f64) -> Option<Message> {
    if !ms.is_finite() || ms < 0.0 {
        return None;
    }
    let seconds = ms / 1000.0;
    let whole = |value: f64| Value::decimal(value.round(), 0);
    Some(if seconds < 1.5 {
        messages::left_second()
    } else if seconds < 10.0 {
        messages::left_seconds(whole(seconds))
    } else if seconds < 57.5 {
        messages::left_seconds(whole((seconds / 5.0).round() * 5.0))
    } else if seconds < 90.0 {
        messages::left_minute()
    } else if seconds < 3570.0 {
        messages::left_minutes(whole(seconds / 60.0))
    } else {
        messages::left_hours(whole((seconds / 3600.0).max(1.0)))
    })
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

/// Progress for the eye: `Step 3 of 20 · about 8 seconds left`.
pub fn progress(step: u32, steps: u32, left_ms: Option<f64>) -> Message {
    match (step, left_ms.and_then(time_left)) {
        (0, _) => messages::progress_starting(steps),
        (_, None) => messages::progress_step(step, steps),
        (_, Some(_)) if step >= steps => messages::progress_step_last(step, steps),
        (_, Some(left)) => messages::progress_step_left(left, step, steps),
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

/// Whether a screen reader announces this step: quarters of a long job, none of a short one.
pub fn is_milestone(step: u32, steps: u32) -> bool {
    steps >= 8 && step > 0 && step < steps && step * 4 / steps != (step - 1) * 4 / steps
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
            (0.0, "about a second left"),
            (1_400.0, "about a second left"),
            (3_600.0, "about 4 seconds left"),
            (23_000.0, "about 25 seconds left"),
            (57_000.0, "about 55 seconds left"),
            (61_000.0, "about a minute left"),
            (200_000.0, "about 3 minutes left"),
            (3_590_000.0, "about 1 hour left"),
            (9_000_000.0, "about 3 hours left"),
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

    #[test]
    fn progress_names_the_step_and_the_time() {
        let text = |step, left_ms| english(&progress(step, 20, left_ms));
        assert_eq!(text(0, None), "Starting 20 steps");
        assert_eq!(english(&progress(0, 1, None)), "Starting 1 step");
        assert_eq!(text(1, None), "Step 1 of 20");
        assert_eq!(
            text(2, Some(8_000.0)),
            "Step 2 of 20 · about 8 seconds left"
        );
        assert_eq!(text(20, Some(0.0)), "Step 20 of 20 · finishing");
        assert_eq!(
            german(&progress(2, 20, Some(3_600_000.0))),
            "Schritt 2 von 20 · noch etwa 1 Stunde"
        );
    }

    #[test]
    fn only_quarters_are_announced() {
        let announced: Vec<u32> = (0..=20).filter(|step| is_milestone(*step, 20)).collect();
        assert_eq!(announced, [5, 10, 15]);
        assert!((0..=4).all(|step| !is_milestone(step, 4)));
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
