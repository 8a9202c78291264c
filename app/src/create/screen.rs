//! The screen as a whole: the stage with the picture's record, and the panel.

use leptos::prelude::*;

use crate::create::composer::Composer;
use crate::create::controls::Controls;
use crate::create::details::Details;
use crate::create::progress::Progress;
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
    let is_busy = host.view(|session| session.run != Run::Idle);
    let active = host.view(|session| match &session.run {
        Run::Active(active) => Some((active.id, active.recipe.width, active.recipe.height)),
        _ => None,
    });
    let item = Memo::new(move |_| state.gallery.current());
    // A finished picture may be looked at while the next is made; a new job takes the stage.
    let is_peeking = RwSignal::new(false);
    Effect::new(move |_| {
        active.track();
        is_peeking.set(false);
    });

    view! {
        <main id="main" class="studio" tabindex="-1" class:has-picture=move || item.get().is_some() || active.get().is_some()>
            <div class="left">
            <section class="hero" aria-label=t(messages::stage())>
                <Stage host=host active=active item=item is_peeking=is_peeking prompt=state.form.prompt/>
                <TroublePanel host=host/>
                <Progress host=host/>
            </section>
            <div class="record">
                <Details form=state.form gallery=state.gallery item=item embed=state.embed status=state.status/>
                <Strip gallery=state.gallery active=active is_peeking=is_peeking/>
            </div>
            </div>
            <div class="panel">
                <Composer state=state is_busy=is_busy/>
                <Controls state=state/>
            </div>
        </main>
    }
}
