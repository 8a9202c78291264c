//! How a preview comes onto a canvas.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use crate::host::Preview;

/// Draws into a canvas, which takes the size of the preview.
pub fn draw(preview: &Preview, canvas: &HtmlCanvasElement) -> Result<(), JsValue> {
    let (width, height) = (preview.frame.width, preview.frame.height);
    // Setting a side clears the canvas and allocates it anew: only where it changed.
    if canvas.width() != width {
        canvas.set_width(width);
    }
    if canvas.height() != height {
        canvas.set_height(height);
    }
    let context = canvas.get_context("2d")?.ok_or("no 2d context")?;
    let context = context.dyn_into::<CanvasRenderingContext2d>()?;
    let data = ImageData::new_with_js_u8_clamped_array_and_sh(&preview.pixels, width, height)?;
    context.put_image_data(&data, 0.0, 0.0)
}
