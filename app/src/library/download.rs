//! A picture leaves the page: by the browser's download, or on the clipboard.

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Blob, ClipboardItem, HtmlAnchorElement};

use crate::library::address::{Address, Refused};

/// Saves the file through the browser's own download.
pub fn save(png: &Blob, name: &str) -> Result<(), Refused> {
    let address = Address::new(png)?;
    let document = web_sys::window()
        .and_then(|window| window.document())
        .ok_or(Refused)?;
    let link = document.create_element("a").map_err(Refused::because)?;
    let link = link.dyn_into::<HtmlAnchorElement>().map_err(|_| Refused)?;
    link.set_href(address.as_str());
    link.set_download(name);
    link.click();
    // The click is handled later; some browsers read the address only then.
    gloo::timers::callback::Timeout::new(60_000, move || drop(address)).forget();
    Ok(())
}

/// Whether this browser can put a picture on the clipboard.
pub fn can_copy() -> bool {
    Reflect::has(&js_sys::global(), &"ClipboardItem".into()).unwrap_or(false)
        && web_sys::window().is_some_and(|window| {
            // Missing outside secure contexts, where the getter returns undefined.
            !JsValue::from(window.navigator().clipboard()).is_undefined()
        })
}

/// Puts the PNG on the clipboard once it is made. Must be called while a press of a button is handled.
pub async fn copy_picture(
    png: impl Future<Output = Result<Blob, Refused>> + 'static,
) -> Result<(), Refused> {
    let window = web_sys::window().ok_or(Refused)?;
    let items = Object::new();
    // Safari requires a promise that was made while the press is handled; all others accept one.
    let promise: Promise = future_to_promise(async {
        let png = png.await;
        png.map(JsValue::from).map_err(|Refused| JsValue::NULL)
    });
    Reflect::set(&items, &"image/png".into(), &promise).map_err(Refused::because)?;
    let item = ClipboardItem::new_with_record_from_str_to_blob_promise(&items)
        .map_err(Refused::because)?;
    let written = window.navigator().clipboard().write(&Array::of1(&item));
    JsFuture::from(written)
        .await
        .map(|_| ())
        .map_err(Refused::because)
}

/// Puts text on the clipboard.
pub async fn copy_text(text: String) -> Result<(), Refused> {
    let clipboard = web_sys::window().ok_or(Refused)?.navigator().clipboard();
    if JsValue::from(clipboard.clone()).is_undefined() {
        return Err(Refused);
    }
    JsFuture::from(clipboard.write_text(&text))
        .await
        .map(|_| ())
        .map_err(Refused::because)
}
