//! Files dropped beside every place that takes them: ignored.
//!
//! A browser opens such a file instead of the page, and everything on the page is gone. No screen
//! takes files yet; one that does handles its drops itself, before they come here.

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, Event};

/// Keeps the browser from leaving the page for a dropped file.
pub fn install() {
    let Some(window) = web_sys::window() else {
        return;
    };
    let options = EventListenerOptions::enable_prevent_default();
    for name in ["dragover", "drop"] {
        EventListener::new_with_options(&window, name, options, refuse).forget();
    }
}

fn refuse(event: &Event) {
    let transfer = event.unchecked_ref::<DragEvent>().data_transfer();
    let has_files = transfer
        .as_ref()
        .is_some_and(|transfer| transfer.types().includes(&"Files".into(), 0));
    // Text dragged into a text field stays the browser's own affair.
    if !has_files || event.default_prevented() {
        return;
    }
    event.prevent_default();
    if let Some(transfer) = transfer {
        transfer.set_drop_effect("none");
    }
}
