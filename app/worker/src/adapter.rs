//! What the browser says of its adapter and wgpu does not pass on: who made it, and whether WGSL
//! multiplies packed bytes. The table that chooses kernels wants to know.

use image2_models::Offer;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::wire;

/// WGSL's name for products of four packed bytes.
const PACKED: &str = "packed_4x8_integer_dot_product";

/// Asks the browser; what it does not say counts as not offered.
pub(crate) async fn offer() -> Offer {
    read().await.unwrap_or_default()
}

async fn read() -> Result<Offer, JsValue> {
    let navigator = Reflect::get(&wire::scope(), &"navigator".into())?;
    let gpu = Reflect::get(&navigator, &"gpu".into())?;
    let words = Reflect::get(&gpu, &"wgslLanguageFeatures".into())?;
    let packed = call(&words, "has", &PACKED.into())?.is_truthy();
    // The one that the engine asks for, too.
    let options = Object::new();
    Reflect::set(
        &options,
        &"powerPreference".into(),
        &"high-performance".into(),
    )?;
    let asked = call(&gpu, "requestAdapter", &options)?;
    let adapter = JsFuture::from(asked.unchecked_into::<Promise>()).await?;
    let info = Reflect::get(&adapter, &"info".into())?;
    let vendor = Reflect::get(&info, &"vendor".into())?;
    Ok(Offer {
        vendor: vendor.as_string().unwrap_or_default(),
        packed,
        // wgpu asks no browser for them.
        subgroups: false,
    })
}

fn call(of: &JsValue, method: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    Reflect::get(of, &method.into())?
        .dyn_into::<Function>()?
        .call1(of, argument)
}
