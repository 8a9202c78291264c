//! Announcements for screen readers: milestones, not steps. One polite sentence for each change
//! that a person at the machine would look up for; failures are alerts of their own.

use leptos::prelude::*;

use crate::host::Engine;
use crate::host::session::{Cancelling, Phase, Run, Session};
use crate::wording;

/// Puts a sentence into the live region whenever the session changes in a way that deserves one.
pub fn watch(engine: Engine, status: RwSignal<String>) {
    let session = engine.view(Session::clone);
    Effect::new(move |before: Option<Session>| {
        let after = session.get();
        if let Some(sentence) = before.and_then(|before| sentence(&before, &after)) {
            status.set(sentence);
        }
        after
    });
}

/// The sentence for the change from `before` to `after`, if it deserves one.
pub fn sentence(before: &Session, after: &Session) -> Option<String> {
    if after.trouble.is_some() && after.trouble != before.trouble {
        return None;
    }
    if let Some(completed) = &after.completed
        && after.completed != before.completed
    {
        let notes = completed.notes.iter().map(wording::note);
        let ready = "The picture is ready.".to_owned();
        let sentences: Vec<String> = std::iter::once(ready).chain(notes).collect();
        return Some(sentences.join(" "));
    }
    match (&before.run, &after.run) {
        (Run::Idle, Run::Waiting(_)) => {
            return Some("The picture starts as soon as the model is loaded.".into());
        }
        (Run::Waiting(_), Run::Idle) => return Some("Cancelled.".into()),
        (Run::Idle | Run::Waiting(_), Run::Active(active)) => {
            return Some(format!("Generating in {} steps.", active.recipe.steps));
        }
        (Run::Active(old), Run::Active(new)) if old.id == new.id => {
            if old.cancelling == Cancelling::No && new.cancelling != Cancelling::No {
                return Some("Cancelling.".into());
            }
            if old.step != new.step && wording::is_milestone(new.step, new.recipe.steps) {
                return Some(wording::progress(new.step, new.recipe.steps, new.left_ms));
            }
            return None;
        }
        // Without a picture and without a failure, the job was cancelled.
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
            let sentence = sentence(&before, &after);
            before = after;
            sentence
        };
        assert_eq!(announce(0).as_deref(), Some("Preparing the model."));
        assert_eq!((announce(1), announce(9)), (None, None));
    }

    #[test]
    fn waiting_and_cancelling_are_announced_and_ticks_are_not() {
        let (before, _) = Session::new(0.0);
        let mut after = before.clone();
        after.tick(1_000.0);
        assert_eq!(sentence(&before, &after), None);
        after.generate(Wanted::default(), 1_000.0);
        let waits = sentence(&before, &after).expect("a sentence");
        assert!(waits.contains("as soon as"), "{waits}");
        let waiting = after.clone();
        after.cancel(2_000.0);
        assert_eq!(sentence(&waiting, &after).as_deref(), Some("Cancelled."));
    }

    fn completed(id: JobId, notes: Vec<Note>) -> Option<Completed> {
        Some(Completed { id, notes })
    }

    #[test]
    fn a_finished_picture_is_announced_with_its_notes() {
        let (mut before, _) = Session::new(0.0);
        before.completed = completed(1, vec![]);
        let mut after = before.clone();
        after.completed = completed(2, vec![Note::new("words.unread").with("text", "a banana")]);
        let ready = sentence(&before, &after).expect("a sentence");
        assert!(ready.starts_with("The picture is ready."), "{ready}");
        assert!(ready.contains("a banana"), "{ready}");
        assert_eq!(sentence(&after, &after), None);
    }

    #[test]
    fn a_failure_is_an_alert_of_its_own_and_silences_nothing_that_comes_later() {
        let (before, _) = Session::new(0.0);
        let mut after = before.clone();
        after.on_broken(Failure::new("x.y", Remedy::Restart));
        after.completed = completed(1, vec![]);
        assert_eq!(sentence(&before, &after), None);
        let mut later = after.clone();
        later.completed = completed(2, vec![]);
        assert!(sentence(&after, &later).is_some());
    }
}
