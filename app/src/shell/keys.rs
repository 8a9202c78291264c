//! The keys that work on every screen: Ctrl+Enter makes the picture, Escape stops it.

use leptos::{ev, prelude::*};
use leptos_router::hooks::{use_location, use_navigate};

use crate::browser;
use crate::create::state::State;
use crate::host::session::Run;

/// The listener; shows nothing.
#[component]
pub fn Keys(state: State) -> impl IntoView {
    let host = state.host;
    let is_busy = host.view(|session| session.run != Run::Idle);
    let path = use_location().pathname;
    let navigate = use_navigate();
    let listener = window_event_listener(ev::keydown, move |event| {
        if browser::is_composing(&event) {
            return;
        }
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            if event.repeat() {
                return;
            }
            if path.get_untracked() != "/" {
                navigate("/", Default::default());
            }
            state.generate();
        } else if event.key() == "Escape" && is_busy.get_untracked() && !browser::is_popover_open()
        {
            host.cancel();
        }
    });
    on_cleanup(move || listener.remove());
}
