//! The interface of Image 2: one page, rendered in the browser.
//!
//! It names no network library and no tensor: the picture is computed in a Web Worker, which
//! speaks [`image2_protocol`]. What decides is pure and tested natively ([`session`],
//! [`settings`], [`sizes`], [`seed`], [`wording`], [`status`]); what touches the browser is thin.

mod browser;
mod components;
mod device;
mod download;
mod engine;
mod fatal;
mod picture;
mod seed;
mod session;
mod settings;
mod sizes;
mod state;
mod status;
mod wording;
mod worker;

fn main() {
    fatal::install();
    leptos::mount::mount_to_body(components::Studio);
    browser::mark_root("data-boot", Some("done"));
}
