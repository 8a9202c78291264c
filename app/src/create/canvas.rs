//! How a picture comes onto a canvas.

use image2_picture::Picture;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// Draws into a canvas, which takes the size of the picture.
pub fn draw(picture: &Picture, canvas: &HtmlCanvasElement) -> Result<(), JsValue> {
    let (width, height) = (picture.width(), picture.height());
    // Setting a side clears the canvas and allocates it anew: only where it changed.
    if canvas.width() != width {
        canvas.set_width(width);
    }
    if canvas.height() != height {
        canvas.set_height(height);
    }
    let context = canvas.get_context("2d")?.ok_or("no 2d context")?;
    let context = context.dyn_into::<CanvasRenderingContext2d>()?;
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(picture.rgba()), width, height)?;
    context.put_image_data(&data, 0.0, 0.0)
}
