//! Whether the server serves another build than this page's.
//!
//! A tab that stays open for weeks would go on until it asks for a file that is no longer there. So
//! it looks when a person comes back to it, never while a picture is made, and once more when the
//! worker cannot be started.

use gloo::events::EventListener;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, RequestInit, Response};

use crate::browser;
use crate::host::Host;

/// Written by the build beside the page; see `xtask/src/build/`.
const ADDRESS: &str = "/version.json";

/// Not asked again within this time.
const PAUSE_MS: f64 = 60_000.0;

#[derive(Deserialize)]
struct Version {
    build: String,
}

/// Starts the checks and reports a newer build to the session.
pub fn watch(host: Host) {
    let asked_ms = StoredValue::new(browser::now_ms());
    let ask = move || {
        asked_ms.set_value(browser::now_ms());
        spawn_local(async move {
            if is_outdated().await {
                host.report_outdated_page();
            }
        });
    };
    let Some(document) = web_sys::window().and_then(|window| window.document()) else {
        return;
    };
    EventListener::new(&document, "visibilitychange", move |_| {
        let is_due = browser::now_ms() - asked_ms.get_value() > PAUSE_MS;
        if browser::is_visible() && is_due && !host.is_busy() {
            ask();
        }
    })
    .forget();
    let worker_failed = host.view(|session| {
        let code = session
            .trouble
            .as_ref()
            .map(|trouble| &trouble.failure.code);
        code.is_some_and(|code| code.starts_with("worker."))
    });
    Effect::new(move |_| {
        if worker_failed.get() {
            ask();
        }
    });
}

/// Asks the server. False also where there is no answer: without a network the page goes on.
async fn is_outdated() -> bool {
    let Some(own) = browser::meta("image2-build") else {
        return false;
    };
    latest().await.is_some_and(|version| version.build != own)
}

async fn latest() -> Option<Version> {
    let options = RequestInit::new();
    options.set_cache(RequestCache::NoStore);
    let answer = web_sys::window()?.fetch_with_str_and_init(ADDRESS, &options);
    let response: Response = JsFuture::from(answer).await.ok()?.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    serde_json::from_str(&text.as_string()?).ok()
}
