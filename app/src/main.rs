//! The interface of Image 2: one page, rendered in the browser.
//!
//! It names no network library and no tensor: the picture is computed in a Web Worker behind
//! [`image2_protocol`]. Decisions are pure and tested natively ([`host::session`], [`recipe`],
//! [`create::settings`], [`create::seed`], [`library::record`], [`wording`],
//! [`shell::announcements`]) and return messages, which views turn into text ([`locales`]). Code that
//! touches the browser is thin.

mod browser;
mod create;
mod host;
mod library;
mod locales;
mod recipe;
mod shell;
mod storage;
mod wording;

use leptos::{mount::mount_to_body, prelude::*};

fn main() {
    shell::fatal::install();
    shell::activation::install();
    shell::drops::install();
    // Leptos has no executor before the first mount.
    wasm_bindgen_futures::spawn_local(async {
        let locale = locales::Locale::load().await;
        mount_to_body(move || view! { <shell::app::App locale=locale/> });
        browser::mark_root("data-boot", Some("done"));
    });
}
