//! What is on the stage: nothing yet, a picture in the making, or a finished one.

use std::sync::Arc;

use image2_protocol::JobId;
use leptos::prelude::*;

use crate::host::Host;
use crate::host::session::Run;
use crate::library::gallery::Gallery;
use crate::library::item::Item;

/// What is on the stage.
#[derive(Clone, PartialEq)]
pub enum Scene {
    Empty,
    /// The picture that is being made: its id, width and height.
    Live(JobId, u32, u32),
    Finished(Arc<Item>),
}

/// The stage's state; copied freely.
#[derive(Clone, Copy)]
pub struct OnStage {
    pub scene: Memo<Scene>,
    /// Whether a picture is being made, seen or not.
    pub is_live: Memo<bool>,
    /// Whether a finished picture is looked at while another is made.
    pub is_peeking: RwSignal<bool>,
}

impl OnStage {
    /// A finished picture may be looked at while the next is made; a new job takes the stage.
    pub fn new(host: Host, gallery: Gallery) -> Self {
        let active = host.view(|session| match &session.run {
            Run::Active(active) => Some((active.id, active.recipe.width, active.recipe.height)),
            _ => None,
        });
        let is_peeking = RwSignal::new(false);
        Effect::new(move |_| {
            active.track();
            is_peeking.set(false);
        });
        let scene = Memo::new(move |_| match (active.get(), gallery.current()) {
            (Some(_), Some(item)) if is_peeking.get() => Scene::Finished(item),
            (Some((id, width, height)), _) => Scene::Live(id, width, height),
            (None, Some(item)) => Scene::Finished(item),
            (None, None) => Scene::Empty,
        });
        Self {
            scene,
            is_live: Memo::new(move |_| active.with(Option::is_some)),
            is_peeking,
        }
    }
}
