//! Wrappers of browser APIs that return a value even where the API is unavailable: storage that
//! is switched off, a clipboard that is missing. None of them panics.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    FocusOptions, HtmlElement, HtmlInputElement, HtmlMetaElement, KeyboardEvent, MessageChannel,
    ScrollIntoViewOptions, ScrollLogicalPosition,
};

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

/// Ends the present task: everything else that waits is done first. A timer would cost four
/// milliseconds.
pub async fn next_task() {
    let Ok(channel) = MessageChannel::new() else {
        return;
    };
    let returned = js_sys::Promise::new(&mut |resolve, _| {
        channel.port1().set_onmessage(Some(&resolve));
        _ = channel.port2().post_message(&JsValue::NULL);
    });
    _ = JsFuture::from(returned).await;
    channel.port1().close();
}

/// Loads the page again. The prompt and the settings are stored; pictures have to be handed over.
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

/// Cryptographically random bytes; `None` only where the browser has no cryptography.
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

/// Stores in this tab, where it outlives a reload; false where the browser refuses.
pub fn remember_in_tab(key: &str, value: &str) -> bool {
    tab_storage().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// What was stored in this tab under `key`, which is then forgotten.
pub fn take_from_tab(key: &str) -> Option<String> {
    let storage = tab_storage()?;
    let value = storage.get_item(key).ok()??;
    _ = storage.remove_item(key);
    Some(value)
}

fn tab_storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok()?
}

/// Whether this page came by https, or from this machine itself: what browsers demand for WebGPU.
pub fn is_secure() -> bool {
    web_sys::window().is_some_and(|window| window.is_secure_context())
}

/// Whether the tab is in front.
pub fn is_visible() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| !document.hidden())
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

/// Moves the focus to the element with this id and scrolls as little as shows it: also where it has
/// the focus already, when a browser's own `focus()` does not scroll.
pub fn focus(id: &str) {
    if let Some(element) = element(id) {
        set_focus(&element);
        reveal(&element);
    }
}

/// Scrolls as little as shows the whole element.
pub fn reveal(element: &web_sys::Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Moves the focus without scrolling. For a focus that moves by itself: the user may be looking at
/// another part of the page.
pub fn focus_in_place(id: &str) {
    if let Some(element) = element(id) {
        set_focus(&element);
    }
}

fn element(id: &str) -> Option<HtmlElement> {
    let document = web_sys::window()?.document()?;
    document.get_element_by_id(id)?.dyn_into().ok()
}

fn set_focus(element: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    // An error means that the element cannot take the focus; nothing changes then.
    _ = element.focus_with_options(&options);
}

/// Moves the focus to the first of these ids that the page has.
pub fn focus_first(ids: &[&str]) {
    if let Some(id) = ids.iter().find(|id| element(id).is_some()) {
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

/// Whether a key belongs to an input method, which chooses words with it (Chinese, Japanese, Korean).
/// Safari ends the composition before it sends the key; its code, 229, is all that is left of it.
pub fn is_composing(event: &KeyboardEvent) -> bool {
    const PROCESSED_BY_INPUT_METHOD: u32 = 229;
    event.is_composing() || event.key_code() == PROCESSED_BY_INPUT_METHOD
}

/// Leaves the field that has the focus and comes back, so that a number half typed is taken, and
/// shown as it was taken, before it is used.
pub fn settle_focused_field() {
    let field = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.active_element())
        .and_then(|element| element.dyn_into::<HtmlInputElement>().ok())
        .filter(|input| input.type_() == "number");
    if let Some(field) = field {
        _ = field.blur();
        focus_in_place(&field.id());
    }
}

/// Names the tab.
pub fn title(title: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}

/// Whether a popover is open: then Escape is its own.
pub fn is_popover_open() -> bool {
    open_popover().is_some()
}

/// Closes the open popover when the keyboard moves the focus out of it: it would cover the control
/// that has the focus.
pub fn close_popover_on_leave(event: &web_sys::FocusEvent) {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    if let (Some(popover), Some(target)) = (open_popover(), target)
        && !popover.contains(Some(&target))
        // A pointer closes popovers without help, and a second click on the button would reopen it.
        && target.matches(":focus-visible").unwrap_or(false)
    {
        // An error means that it is closed already.
        _ = popover.hide_popover();
    }
}

fn open_popover() -> Option<HtmlElement> {
    let document = web_sys::window()?.document()?;
    // A browser without popovers does not know the selector and throws.
    let popover = document.query_selector(":popover-open").ok()??;
    popover.dyn_into().ok()
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
