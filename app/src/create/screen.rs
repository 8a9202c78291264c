//! The screen as a whole: the stage with the picture's record, and the panel.

use leptos::prelude::*;

use crate::create::composer::Composer;
use crate::create::controls::Controls;
use crate::create::details::Details;
use crate::create::progress::ProgressBar;
use crate::create::scene::Scene;
use crate::create::stage::Stage;
use crate::create::state::State;
use crate::create::trouble::TroublePanel;
use crate::host::session::Run;
use crate::library::strip::Strip;
use crate::locales::{messages, t};

/// The screen where pictures are made.
#[component]
pub fn Create(state: State) -> impl IntoView {
    let host = state.host;
    let stage = state.stage;
    let is_busy = host.view(|session| session.run != Run::Idle);
    let item = Memo::new(move |_| state.gallery.current());
    let has_picture = move || stage.scene.with(|scene| *scene != Scene::Empty);

    view! {
        <main id="main" class="studio" tabindex="-1" class:has-picture=has_picture>
            <div class="left">
            <section class="hero" aria-label=t(messages::stage())>
                <Stage host=host scene=stage.scene ground=state.ground prompt=state.form.prompt/>
                <TroublePanel host=host/>
                <ProgressBar host=host/>
            </section>
            <div class="record">
                <Details form=state.form gallery=state.gallery item=item embed=state.embed status=state.status/>
                <Strip gallery=state.gallery is_live=stage.is_live is_peeking=stage.is_peeking/>
            </div>
            </div>
            <div class="panel">
                <Composer state=state is_busy=is_busy/>
                <Controls state=state/>
            </div>
        </main>
    }
}
