//! The page as a whole: its landmarks, its keys, and the one live region.

use leptos::{ev, prelude::*};

use crate::browser;
use crate::create::composer::Composer;
use crate::create::controls::Controls;
use crate::create::details::Details;
use crate::create::progress::Progress;
use crate::create::stage::Stage;
use crate::create::state::State;
use crate::create::trouble::TroublePanel;
use crate::host::session::Run;
use crate::library::strip::Strip;
use crate::shell::header::Header;
use crate::shell::preferences::Preferences;

/// The root of the interface.
#[component]
pub fn Studio() -> impl IntoView {
    let state = State::new();
    let engine = state.engine;
    let is_busy = engine.view(|session| session.run != Run::Idle);
    let active = engine.view(|session| match &session.run {
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

    let keys = window_event_listener(ev::keydown, move |event| {
        if browser::is_composing(&event) {
            return;
        }
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            if !event.repeat() {
                state.generate();
            }
        } else if event.key() == "Escape" && is_busy.get_untracked() && !browser::is_popover_open()
        {
            engine.cancel();
        }
    });
    on_cleanup(move || keys.remove());

    let tab = engine.view(|session| match &session.run {
        Run::Active(active) if active.step > 0 => {
            format!(
                "{}% · Image 2",
                active.step * 100 / active.recipe.steps.max(1)
            )
        }
        Run::Idle => "Image 2".into(),
        _ => "Working · Image 2".into(),
    });
    Effect::new(move |_| browser::title(&tab.get()));

    view! {
        <Header engine=engine/>
        <Preferences state=state/>
        <main class="studio" class:has-picture=move || item.get().is_some() || active.get().is_some()>
            <div class="left">
            <section class="hero" aria-label="Picture">
                <Stage engine=engine active=active item=item is_peeking=is_peeking prompt=state.draft.prompt/>
                <TroublePanel engine=engine/>
                <Progress engine=engine/>
            </section>
            <div class="record">
                <Details draft=state.draft gallery=state.gallery item=item embed=state.embed status=state.status/>
                <Strip gallery=state.gallery active=active is_peeking=is_peeking/>
            </div>
            </div>
            <div class="panel">
                <Composer state=state is_busy=is_busy/>
                <Controls state=state/>
            </div>
        </main>
        <p class="unseen" role="status" aria-live="polite" data-testid="status">
            {move || state.status.get()}
        </p>
    }
}
