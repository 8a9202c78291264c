//! The few questions put to the browser, each with an answer also where it refuses: storage that
//! is switched off, a clipboard that is missing. None of them panics.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{FocusOptions, HtmlMetaElement};

/// Milliseconds since the page opened; never runs backwards.
pub fn now_ms() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |clock| clock.now())
}

/// Milliseconds since 1970, by this device's clock.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a date is a whole number of milliseconds after 1970"
)]
pub fn epoch_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// Loads the page again. The prompt and the settings are stored; pictures are not.
pub fn reload() {
    if let Some(window) = web_sys::window()
        && window.location().reload().is_err()
    {
        log("the page could not be reloaded");
    }
}

/// The content of `<meta name=…>`; nothing for an empty one.
pub fn meta(name: &str) -> Option<String> {
    let document = web_sys::window()?.document()?;
    let element = document
        .query_selector(&format!("meta[name=\"{name}\"]"))
        .ok()??;
    let content = element.dyn_into::<HtmlMetaElement>().ok()?.content();
    (!content.is_empty()).then_some(content)
}

/// The value of `?name=…` in the page's address.
pub fn query(name: &str) -> Option<String> {
    let search = web_sys::window()?.location().search().ok()?;
    web_sys::UrlSearchParams::new_with_str(&search)
        .ok()?
        .get(name)
}

/// Bytes that nobody can foresee; `None` only where the browser has no cryptography.
pub fn random_bytes<const COUNT: usize>() -> Option<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    let crypto = web_sys::window()?.crypto().ok()?;
    crypto.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}

/// What was stored on this device under `key`.
pub fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Stores on this device. A full or forbidden store costs the memory of a setting, no more.
pub fn store(key: &str, value: &str) {
    if let Some(storage) = storage()
        && storage.set_item(key, value).is_err()
    {
        log("a setting could not be stored");
    }
}

/// Not gloo's, which panics where the user has forbidden storage.
fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// An attribute of the root element.
pub fn root_attribute(name: &str) -> Option<String> {
    root()?.get_attribute(name)
}

/// Sets or removes an attribute of the root element.
pub fn mark_root(name: &str, value: Option<&str>) {
    if let Some(root) = root() {
        let result = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
        debug_assert!(result.is_ok(), "a constant name");
    }
}

fn root() -> Option<web_sys::Element> {
    web_sys::window()?.document()?.document_element()
}

/// Moves the focus to the element with this id.
pub fn focus(id: &str) {
    let element = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id))
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        let options = FocusOptions::new();
        // The page must not jump under a thumb.
        options.set_prevent_scroll(true);
        // Refused only for an element that cannot take the focus: then nothing is lost.
        _ = element.focus_with_options(&options);
    }
}

/// Moves the focus to the first of these ids that the page has.
pub fn focus_first(ids: &[&str]) {
    let document = web_sys::window().and_then(|window| window.document());
    let id = document.and_then(|document| {
        let mut ids = ids.iter();
        ids.find(|id| document.get_element_by_id(id).is_some())
    });
    if let Some(id) = id {
        focus(id);
    }
}

/// Whether the focus is on the element with this id, or was lost because its element went.
pub fn is_focus_on_or_lost(id: &str) -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.active_element())
        .is_none_or(|element| element.id() == id || element.tag_name() == "BODY")
}

/// Names the tab.
pub fn title(title: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}

/// Whether a popover is open: then Escape is its own.
pub fn is_popover_open() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        // An older browser does not know the selector and throws; it knows no popover either.
        .and_then(|document| document.query_selector(":popover-open").ok().flatten())
        .is_some()
}

/// A line for developers. Never holds a prompt.
pub fn log(line: &str) {
    let console = js_sys::Reflect::get(&js_sys::global(), &"console".into());
    let warn = console.and_then(|console| {
        let warn = js_sys::Reflect::get(&console, &"warn".into())?;
        Ok((console, warn))
    });
    if let Ok((console, warn)) = warn
        && let Some(warn) = warn.dyn_ref::<js_sys::Function>()
    {
        _ = warn.call1(&console, &JsValue::from_str(line));
    }
}
