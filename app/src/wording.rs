//! Sentences and amounts for people: failures, notes, bytes, durations, time left. Amounts are
//! rounded, because an estimate to a tenth of a second only flickers.

mod messages;

pub use messages::{device, failure, note};

/// How long a job still runs, from the worker's estimate.
pub fn time_left(ms: f64) -> String {
    if !ms.is_finite() || ms < 0.0 {
        return String::new();
    }
    let seconds = ms / 1000.0;
    if seconds < 1.5 {
        "about a second left".into()
    } else if seconds < 10.0 {
        format!("about {seconds:.0} seconds left")
    } else if seconds < 57.5 {
        format!("about {:.0} seconds left", (seconds / 5.0).round() * 5.0)
    } else if seconds < 90.0 {
        "about a minute left".into()
    } else if seconds < 3570.0 {
        format!("about {:.0} minutes left", (seconds / 60.0).round())
    } else {
        let hours = (seconds / 3600.0).round().max(1.0);
        format!(
            "about {hours:.0} {} left",
            if hours > 1.0 { "hours" } else { "hour" }
        )
    }
}

/// How long a finished job took.
pub fn duration(ms: f64) -> String {
    if !ms.is_finite() || ms < 0.0 {
        return "–".into();
    }
    let seconds = ms / 1000.0;
    if seconds < 0.995 {
        format!("{ms:.0} ms")
    } else if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 59.5 {
        format!("{seconds:.0} s")
    } else {
        let minutes = (seconds / 60.0).floor();
        format!(
            "{minutes:.0} min {:.0} s",
            (seconds - minutes * 60.0).floor()
        )
    }
}

/// A size in bytes, in the decimal units that browsers and stores show.
pub fn bytes(count: u64) -> String {
    #[expect(
        clippy::cast_precision_loss,
        reason = "shown with three digits at most"
    )]
    let count = count as f64;
    if count < 999.5 {
        format!("{count:.0} bytes")
    } else if count < 999_500.0 {
        format!("{:.0} kB", count / 1e3)
    } else if count < 9_950_000.0 {
        format!("{:.1} MB", count / 1e6)
    } else if count < 999_500_000.0 {
        format!("{:.0} MB", count / 1e6)
    } else {
        format!("{:.1} GB", count / 1e9)
    }
}

/// How far a device has compiled what the first picture needs.
pub fn preparing(done: u32, total: u32) -> String {
    let percent = 100 * u64::from(done) / u64::from(total.max(1));
    format!("Preparing the model for this device: {percent} %")
}

/// Guidance as shown: whole where it is whole.
pub fn guidance(value: f32) -> String {
    if value <= 1.0 {
        "Off".into()
    } else {
        format!("{value}")
    }
}

/// Progress for the eye: `Step 3 of 20 · about 8 seconds left`.
pub fn progress(step: u32, steps: u32, left_ms: Option<f64>) -> String {
    let left = left_ms.map(time_left).unwrap_or_default();
    match (step, left.is_empty()) {
        (0, _) => format!(
            "Starting {steps} {}",
            if steps == 1 { "step" } else { "steps" }
        ),
        (_, true) => format!("Step {step} of {steps}"),
        (_, false) if step >= steps => format!("Step {step} of {steps} · finishing"),
        (_, false) => format!("Step {step} of {steps} · {left}"),
    }
}

/// Whether a screen reader announces this step: quarters of a long job, nothing of a short one.
pub fn is_milestone(step: u32, steps: u32) -> bool {
    steps >= 8 && step > 0 && step < steps && step * 4 / steps != (step - 1) * 4 / steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_rounded() {
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
            (f64::NAN, ""),
            (-5.0, ""),
        ] {
            assert_eq!(time_left(ms), words, "{ms}");
        }
    }

    #[test]
    fn durations_and_bytes() {
        assert_eq!(duration(412.3), "412 ms");
        assert_eq!(duration(4_260.0), "4.3 s");
        assert_eq!(duration(59_400.0), "59 s");
        assert_eq!(duration(125_000.0), "2 min 5 s");
        assert_eq!(bytes(17), "17 bytes");
        assert_eq!(bytes(31_400_000), "31 MB");
        assert_eq!(bytes(1_500_000), "1.5 MB");
        assert_eq!(bytes(2_300_000_000), "2.3 GB");
    }

    #[test]
    fn progress_names_the_step_and_the_time() {
        assert_eq!(progress(0, 20, None), "Starting 20 steps");
        assert_eq!(progress(1, 20, None), "Step 1 of 20");
        assert_eq!(
            progress(2, 20, Some(8_000.0)),
            "Step 2 of 20 · about 8 seconds left"
        );
        assert_eq!(progress(20, 20, Some(0.0)), "Step 20 of 20 · finishing");
    }

    #[test]
    fn a_screen_reader_announces_quarters_only() {
        let announced: Vec<u32> = (0..=20).filter(|step| is_milestone(*step, 20)).collect();
        assert_eq!(announced, [5, 10, 15]);
        assert!((0..=4).all(|step| !is_milestone(step, 4)));
    }

    #[test]
    fn preparing_is_shown_in_percent() {
        assert_eq!(preparing(3, 8), "Preparing the model for this device: 37 %");
        assert_eq!(preparing(0, 0), "Preparing the model for this device: 0 %");
    }

    #[test]
    fn guidance_of_one_is_off() {
        assert_eq!(guidance(1.0), "Off");
        assert_eq!(guidance(3.5), "3.5");
        assert_eq!(guidance(4.0), "4");
    }
}
