//! Leaving the page: the browser asks first while there are pictures that are nowhere else.

use gloo::events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::BeforeUnloadEvent;

use crate::library::gallery::Gallery;

/// Asks from now on. There is a listener only while there is something to lose: with one, some
/// browsers do not keep the page alive for the way back.
pub fn guard(gallery: Gallery) {
    let has_unsaved = Memo::new(move |_| gallery.has_unsaved());
    Effect::new(move |_: Option<Option<EventListener>>| {
        let window = web_sys::window().filter(|_| has_unsaved.get())?;
        let options = EventListenerOptions::enable_prevent_default();
        Some(EventListener::new_with_options(
            &window,
            "beforeunload",
            options,
            move |event| {
                // The listener goes a moment after its cause: asked anew, so that a reload right
                // after the pictures were kept is not held up.
                if !untrack(|| gallery.has_unsaved()) {
                    return;
                }
                event.prevent_default();
                // Older browsers ask for this instead; the words are the browser's own.
                event
                    .unchecked_ref::<BeforeUnloadEvent>()
                    .set_return_value("unsaved");
            },
        ))
    });
}
