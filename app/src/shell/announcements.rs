//! Announcements for screen readers: milestones, not steps. A change that a person at the screen
//! would look up for gives one polite sentence; failures are alerts of their own.

use crate::host::session::{Cancelling, Phase, Run, Session};
use crate::locales::{Message, messages};
use crate::wording;

/// The sentence for the change from `before` to `after`, if it deserves one.
pub fn announcement(before: &Session, after: &Session) -> Option<Message> {
    if after.trouble.is_some() {
        return None;
    }
    match (&before.run, &after.run) {
        (Run::Idle, Run::Waiting(_)) => return Some(messages::announce_waiting()),
        (Run::Waiting(_), Run::Idle) => return Some(messages::announce_stopped()),
        (Run::Idle | Run::Waiting(_), Run::Active(active)) => {
            return Some(messages::announce_started(active.job.steps));
        }
        (Run::Active(old), Run::Active(new)) if old.id == new.id => {
            if old.cancelling == Cancelling::No && new.cancelling != Cancelling::No {
                return Some(messages::announce_stopping());
            }
            if old.step != new.step && wording::is_milestone(new.step, new.job.steps) {
                return Some(wording::progress(new.step, new.job.steps, new.left_ms));
            }
            return None;
        }
        // A finished picture is announced where it is kept; every other end is a cancellation.
        (Run::Active(old), Run::Idle) if old.cancelling != Cancelling::No => {
            return Some(messages::announce_stopped());
        }
        _ => {}
    }
    match (&before.phase, &after.phase) {
        (Phase::Ready(_), Phase::Ready(_)) => None,
        (_, Phase::Ready(model)) => Some(messages::announce_model_ready(model.title.as_str())),
        (Phase::Loading { .. }, Phase::Loading { .. })
        | (Phase::Preparing { .. }, Phase::Preparing { .. }) => None,
        (_, Phase::Loading { .. }) => Some(messages::announce_model_loading()),
        (_, Phase::Preparing { .. }) => Some(messages::announce_model_preparing()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use image2_protocol::Event;

    use super::*;
    use crate::create::settings::{Settings, Wanted};

    #[test]
    fn preparing_is_announced_once() {
        let (mut before, _) = Session::new(0.0);
        let mut prepare = |done| {
            let mut after = before.clone();
            after.on_event(Event::Preparing { done, total: 9 }, 1.0);
            let announced = announcement(&before, &after);
            before = after;
            announced
        };
        assert_eq!(prepare(0), Some(messages::announce_model_preparing()));
        assert_eq!((prepare(1), prepare(9)), (None, None));
    }

    #[test]
    fn waiting_and_cancelling_are_announced_and_ticks_are_not() {
        let (before, _) = Session::new(0.0);
        let mut after = before.clone();
        after.tick(1_000.0);
        assert_eq!(announcement(&before, &after), None);
        after.generate(
            Wanted {
                settings: Settings::default(),
                seed: 1,
            },
            1_000.0,
        );
        assert_eq!(
            announcement(&before, &after),
            Some(messages::announce_waiting())
        );
        let waiting = after.clone();
        after.cancel(2_000.0);
        assert_eq!(
            announcement(&waiting, &after),
            Some(messages::announce_stopped())
        );
    }
}
