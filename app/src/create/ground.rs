//! The ground: a colour below the drawing, or none. A layer of its own, so that another one needs no
//! drawing.
//!
//! One control serves the picture on the stage and the next one: it shows and changes the ground of the
//! picture that is seen, and the next picture begins with it.

use image2_picture::Colour;
use leptos::prelude::*;

use crate::create::form::Form;
use crate::create::scene::{OnStage, Scene};
use crate::host::Host;
use crate::host::session::Run;

/// The ground of what is on the stage; copied freely.
#[derive(Clone, Copy)]
pub struct Ground {
    form: Form,
    host: Host,
    stage: OnStage,
    chosen: Memo<Option<Colour>>,
    live: Memo<Option<Colour>>,
}

impl Ground {
    pub fn new(form: Form, host: Host, stage: OnStage) -> Self {
        Self {
            form,
            host,
            stage,
            chosen: form.setting(|recipe| recipe.ground),
            live: host.view(|session| match &session.run {
                Run::Active(active) => active.recipe.ground,
                _ => None,
            }),
        }
    }

    /// The ground that is seen, tracked.
    pub fn get(self) -> Option<Colour> {
        match self.stage.scene.get() {
            Scene::Empty => self.chosen.get(),
            Scene::Live(..) => self.live.get(),
            Scene::Finished(item) => item.ground.get(),
        }
    }

    /// Gives what is on the stage another ground, and the next picture as well. A finished picture that is
    /// looked at while another is made changes alone.
    pub fn set(self, ground: Option<Colour>) {
        let is_live = self.stage.is_live.get_untracked();
        match self.stage.scene.get_untracked() {
            Scene::Empty => {}
            Scene::Live(..) => self.host.change_ground(ground),
            Scene::Finished(item) => item.ground.set(ground),
        }
        if !is_live || !self.stage.is_peeking.get_untracked() {
            self.form.choose(|recipe, _| recipe.ground = ground);
        }
    }

    /// The next picture gets the ground that is seen.
    pub fn take_over(self) {
        let ground = untrack(|| self.get());
        self.form.choose(|recipe, _| recipe.ground = ground);
    }
}
