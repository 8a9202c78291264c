//! The picture as a file or on the clipboard.
//!
//! Every PNG that leaves this page says that it was made by AI, in a mark that programs read.
//! The prompt and the settings are in it only if the user wants: a file is easily passed on, and
//! a prompt may be nobody else's business.

use image2_picture::{Parameters, Picture, Recipe, encode_png};
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, ClipboardItem, HtmlAnchorElement};

use crate::browser;
use crate::library::picture::{Address, Made};

/// A file could not be made; the words are for people, the cause is in the log.
#[derive(Debug)]
pub struct Unmade;

impl Unmade {
    /// The browser refused.
    pub fn browser(error: JsValue) -> Self {
        browser::log(&format!("file: {error:?}"));
        Self
    }
}

/// The PNG, always with the AI mark; with all that made it where `made` is given.
pub fn png(picture: &Picture, made: Option<&Made>) -> Vec<u8> {
    encode_png(picture, made.map(parameters).as_ref())
}

fn parameters(made: &Made) -> Parameters {
    let job = &made.job;
    Parameters {
        recipe: Recipe {
            prompt: job.prompt.clone(),
            seed: job.seed,
            width: job.width,
            height: job.height,
            steps: job.steps,
            guidance: job.guidance,
            sampler: made.model.sampler.clone(),
            shift: 1.0,
        },
        model: made.model.name.clone(),
        model_digest: made.model.digest.clone(),
        program: concat!("Image 2 ", env!("CARGO_PKG_VERSION")).into(),
    }
}

/// A blob of PNG bytes.
pub fn blob(png: &[u8]) -> Result<Blob, Unmade> {
    let options = BlobPropertyBag::new();
    options.set_type("image/png");
    let parts = Array::of1(&Uint8Array::from(png));
    Blob::new_with_u8_array_sequence_and_options(&parts, &options).map_err(Unmade::browser)
}

/// The name of the file.
pub fn file_name(seed: u64) -> String {
    format!("image2-{seed}.png")
}

/// Saves the file through the browser's own download.
pub fn save(png: &[u8], name: &str) -> Result<(), Unmade> {
    let address = Address::new(png)?;
    let document = web_sys::window()
        .and_then(|window| window.document())
        .ok_or(Unmade)?;
    let link = document.create_element("a").map_err(Unmade::browser)?;
    let link = link.dyn_into::<HtmlAnchorElement>().map_err(|_| Unmade)?;
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
            // Missing outside secure contexts, where the getter gives undefined.
            !JsValue::from(window.navigator().clipboard()).is_undefined()
        })
}

/// Puts the PNG on the clipboard. Must be called within a press of a button.
pub async fn copy_picture(png: Vec<u8>) -> Result<(), Unmade> {
    let window = web_sys::window().ok_or(Unmade)?;
    let items = Object::new();
    // Safari wants a promise, made within the press; all others take one too.
    let promise: Promise = Promise::resolve(&JsValue::from(blob(&png)?));
    Reflect::set(&items, &"image/png".into(), &promise).map_err(Unmade::browser)?;
    let item =
        ClipboardItem::new_with_record_from_str_to_blob_promise(&items).map_err(Unmade::browser)?;
    let written = window.navigator().clipboard().write(&Array::of1(&item));
    JsFuture::from(written)
        .await
        .map(|_| ())
        .map_err(Unmade::browser)
}

/// Puts text on the clipboard.
pub async fn copy_text(text: String) -> Result<(), Unmade> {
    let clipboard = web_sys::window().ok_or(Unmade)?.navigator().clipboard();
    if JsValue::from(clipboard.clone()).is_undefined() {
        return Err(Unmade);
    }
    JsFuture::from(clipboard.write_text(&text))
        .await
        .map(|_| ())
        .map_err(Unmade::browser)
}

#[cfg(test)]
mod tests {
    use image2_picture::read_parameters;
    use image2_protocol::{DeviceInfo, Job, ModelInfo};

    use super::*;

    #[test]
    fn the_file_holds_the_settings_only_if_wanted() {
        let made = Made {
            job: Job {
                prompt: "a secret".into(),
                width: 1,
                height: 1,
                steps: 4,
                seed: u64::MAX,
                guidance: 2.5,
            },
            model: ModelInfo {
                name: "image2-mini".into(),
                title: "Image 2 mini".into(),
                licence: "MIT".into(),
                digest: "ab".into(),
                size_bytes: 1,
                patch: 1,
                side_min: 1,
                side_max: 1,
                area_max: 65_536,
                width: 1,
                height: 1,
                alpha: true,
                steps: 4,
                guidance: 2.5,
                sampler: "Euler".into(),
            },
            device: DeviceInfo::Cpu,
            elapsed_ms: 1.0,
        };
        let picture = Picture::new(1, 1, vec![1, 2, 3, 4]).expect("one pixel");
        let told = read_parameters(&png(&picture, Some(&made)))
            .expect("reads")
            .expect("some");
        assert_eq!(
            (told.recipe.prompt.as_str(), told.recipe.seed),
            ("a secret", u64::MAX)
        );
        let silent = png(&picture, None);
        assert_eq!(read_parameters(&silent), Ok(None));
        assert!(!silent.windows(6).any(|bytes| bytes == b"secret"));
        assert_eq!(file_name(u64::MAX), "image2-18446744073709551615.png");
    }
}
