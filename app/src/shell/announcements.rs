//! What a screen reader is told: milestones, not steps. One polite sentence for each change that
//! a person at the machine would look up for; failures are alerts of their own.

use crate::host::session::{Cancelling, Phase, Run, Session};
use crate::wording;

/// The sentence for the change from `before` to `after`, if it deserves one.
pub fn sentence(before: &Session, after: &Session) -> Option<String> {
    if after.trouble.is_some() {
        return None;
    }
    match (&before.run, &after.run) {
        (Run::Idle, Run::Waiting(_)) => {
            return Some("The picture starts as soon as the model is loaded.".into());
        }
        (Run::Waiting(_), Run::Idle) => return Some("Cancelled.".into()),
        (Run::Idle | Run::Waiting(_), Run::Active(active)) => {
            return Some(format!("Generating in {} steps.", active.job.steps));
        }
        (Run::Active(old), Run::Active(new)) if old.id == new.id => {
            if old.cancelling == Cancelling::No && new.cancelling != Cancelling::No {
                return Some("Cancelling.".into());
            }
            if old.step != new.step && wording::is_milestone(new.step, new.job.steps) {
                return Some(wording::progress(new.step, new.job.steps, new.left_ms));
            }
            return None;
        }
        // A finished picture is told by who keeps it; all else that ends a job was cancelled.
        (Run::Active(old), Run::Idle) if old.cancelling != Cancelling::No => {
            return Some("Cancelled.".into());
        }
        _ => {}
    }
    match (&before.phase, &after.phase) {
        (Phase::Ready(_), Phase::Ready(_)) => None,
        (_, Phase::Ready(model)) => Some(format!("The model {} is loaded.", model.title)),
        (Phase::Loading { .. }, Phase::Loading { .. })
        | (Phase::Preparing { .. }, Phase::Preparing { .. }) => None,
        (_, Phase::Loading { .. }) => Some("Loading the model.".into()),
        (_, Phase::Preparing { .. }) => Some("Preparing the model.".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use image2_protocol::Event;

    use super::*;
    use crate::create::settings::{Settings, Wanted};

    #[test]
    fn preparing_is_told_once() {
        let (mut before, _) = Session::new(0.0);
        let mut tell = |done| {
            let mut after = before.clone();
            after.on_event(Event::Preparing { done, total: 9 }, 1.0);
            let told = sentence(&before, &after);
            before = after;
            told
        };
        assert_eq!(tell(0).as_deref(), Some("Preparing the model."));
        assert_eq!((tell(1), tell(9)), (None, None));
    }

    #[test]
    fn waiting_and_cancelling_are_told_and_ticks_are_not() {
        let (before, _) = Session::new(0.0);
        let mut after = before.clone();
        after.tick(1_000.0);
        assert_eq!(sentence(&before, &after), None);
        after.generate(
            Wanted {
                settings: Settings::default(),
                seed: 1,
            },
            1_000.0,
        );
        let told = sentence(&before, &after).expect("told");
        assert!(told.contains("as soon as"), "{told}");
        let waiting = after.clone();
        after.cancel(2_000.0);
        assert_eq!(sentence(&waiting, &after).as_deref(), Some("Cancelled."));
    }
}
