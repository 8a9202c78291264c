//! Files in this tab's memory, reachable by a `blob:` address.

use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag, Url};

use crate::browser;

/// A file could not be made, copied or saved. The cause is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

impl Refused {
    /// Logs why the browser refused.
    pub fn because(error: JsValue) -> Self {
        browser::log(&format!("file: {error:?}"));
        Self
    }
}

/// A PNG of these parts, bytes or blobs, which are not copied into wasm's memory.
pub fn png_of(parts: &[&JsValue]) -> Result<Blob, Refused> {
    let options = BlobPropertyBag::new();
    options.set_type("image/png");
    let parts: Array = parts.iter().copied().collect();
    Blob::new_with_blob_sequence_and_options(&parts, &options).map_err(Refused::because)
}

/// An address of a file in this tab's memory, which is freed when this is dropped.
#[derive(Debug)]
pub struct Address(String);

impl Address {
    /// Gives a file an address.
    pub fn new(file: &Blob) -> Result<Self, Refused> {
        Url::create_object_url_with_blob(file)
            .map(Self)
            .map_err(Refused::because)
    }

    /// The `blob:` address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        // Fails only for an address that is no string.
        _ = Url::revoke_object_url(&self.0);
    }
}
