//! Whether the server has another build than the one that this page is of.
//!
//! A tab that stays open for weeks would go on until it asks for a file that is no longer there. So
//! it looks when a person comes back to it, never while a picture is made, and once more when the
//! worker cannot be started.

use serde::Deserialize;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, RequestInit, Response};

use crate::browser;

/// Written by the build beside the page; see `xtask/src/build/`.
const ADDRESS: &str = "/version.json";

#[derive(Deserialize)]
struct Version {
    build: String,
}

/// Asks the server. False also where there is no answer: without a network the page goes on.
pub async fn is_outdated() -> bool {
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
