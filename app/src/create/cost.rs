//! What the next picture takes, as far as the device knows beforehand: asked whenever its settings
//! change, and after each picture, which teaches the worker how fast the device is.

use image2_picture::Recipe;
use image2_protocol::{Estimate, Failure};
use leptos::prelude::*;

use crate::host::Host;
use crate::host::session::{Phase, Run};

/// The cost of the picture with these settings, or why the device refuses it; nothing while the worker
/// has not answered.
pub fn watch(recipe: Memo<Recipe>, host: Host) -> Memo<Option<Result<Estimate, Failure>>> {
    let can_ask =
        host.view(|session| matches!(session.phase, Phase::Ready(_)) && session.run == Run::Idle);
    let completed = host.view(|session| session.completed.as_ref().map(|last| last.id));
    let question = Memo::new(move |_| Recipe {
        ground: None,
        ..recipe.get()
    });
    Effect::new(move |_| {
        completed.track();
        let question = question.get();
        if can_ask.get() {
            host.estimate(question);
        }
    });
    let estimated = host.view(|session| session.estimated.clone());
    Memo::new(move |_| {
        let estimated = estimated.get()?;
        question
            .with(|question| estimated.recipe == *question)
            .then_some(estimated.outcome)
    })
}
