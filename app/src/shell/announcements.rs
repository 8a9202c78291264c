//! Announcements for screen readers: milestones, not steps. One polite sentence for each change
//! that a person at the machine would look up for; failures are alerts of their own.

use leptos::prelude::*;

use crate::host::Host;
use crate::host::session::{Cancelling, Phase, Run, Session};
use crate::locales::{Message, messages};
use crate::wording;

/// Fills the live region whenever the session changes in a way that deserves it.
pub fn watch(host: Host, status: RwSignal<Option<Message>>) {
    let session = host.view(Session::clone);
    Effect::new(move |before: Option<Session>| {
        let after = session.get();
        let announcement = before.and_then(|before| announcement(&before, &after));
        if announcement.is_some() {
            status.set(announcement);
        }
        after
    });
}

/// The sentence for the change from `before` to `after`, if it deserves one.
pub fn announcement(before: &Session, after: &Session) -> Option<Message> {
    if after.trouble.is_some() && after.trouble != before.trouble {
        return None;
    }
    if let Some(completed) = &after.completed
        && after.completed != before.completed
    {
        let notes = completed.notes.iter().map(wording::note);
        return Some(notes.fold(messages::announce_ready(), messages::sentences));
    }
    match (&before.run, &after.run) {
        (Run::Idle, Run::Waiting(_)) => {
            return Some(messages::announce_waiting());
        }
        (Run::Waiting(_), Run::Idle) => return Some(messages::announce_stopped()),
        (Run::Idle | Run::Waiting(_), Run::Active(_)) => {
            return Some(messages::announce_started());
        }
        (Run::Active(old), Run::Active(new)) if old.id == new.id => {
            if old.cancelling == Cancelling::No && new.cancelling != Cancelling::No {
                return Some(messages::announce_stopping());
            }
            let is_milestone = wording::is_milestone(&old.progress, &new.progress);
            return is_milestone.then(|| wording::progress(&new.progress));
        }
        // Without a picture and without a failure, the job was cancelled.
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
    use image2_protocol::{Event, Failure, JobId, Note, Remedy};

    use super::*;
    use crate::host::session::Completed;
    use crate::recipe::Wanted;

    #[test]
    fn preparing_is_announced_once() {
        let (mut before, _) = Session::new(0.0);
        let mut announce = |done| {
            let mut after = before.clone();
            after.on_event(Event::Preparing { done, total: 9 }, 1.0);
            let announced = announcement(&before, &after);
            before = after;
            announced
        };
        assert_eq!(announce(0), Some(messages::announce_model_preparing()));
        assert_eq!((announce(1), announce(9)), (None, None));
    }

    #[test]
    fn waiting_and_cancelling_are_announced_and_ticks_are_not() {
        let (before, _) = Session::new(0.0);
        let mut after = before.clone();
        after.tick(1_000.0);
        assert_eq!(announcement(&before, &after), None);
        after.generate(Wanted::default(), 1_000.0);
        let waits = Some(messages::announce_waiting());
        assert_eq!(announcement(&before, &after), waits);
        let waiting = after.clone();
        after.cancel(2_000.0);
        let stopped = Some(messages::announce_stopped());
        assert_eq!(announcement(&waiting, &after), stopped);
    }

    fn completed(id: JobId, notes: Vec<Note>) -> Option<Completed> {
        Some(Completed { id, notes })
    }

    #[test]
    fn a_finished_picture_is_announced_with_its_notes() {
        let (mut before, _) = Session::new(0.0);
        before.completed = completed(1, vec![]);
        let mut after = before.clone();
        let note = Note::new("words.unread").with("text", "a banana");
        after.completed = completed(2, vec![note.clone()]);
        let sentences = messages::sentences(messages::announce_ready(), wording::note(&note));
        assert_eq!(announcement(&before, &after), Some(sentences));
        assert_eq!(announcement(&after, &after), None);
    }

    #[test]
    fn a_failure_is_an_alert_of_its_own_and_silences_nothing_that_comes_later() {
        let (before, _) = Session::new(0.0);
        let mut after = before.clone();
        after.on_broken(Failure::new("x.y", Remedy::Restart));
        after.completed = completed(1, vec![]);
        assert_eq!(announcement(&before, &after), None);
        let mut later = after.clone();
        later.completed = completed(2, vec![]);
        assert!(announcement(&after, &later).is_some());
    }
}
