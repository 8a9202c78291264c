//! A finished picture with everything that made it, and how a picture comes onto a canvas.
//!
//! The pixels stay here as they came. A canvas multiplies colour by alpha and rounds, so it is
//! good for looking but never read back; the file is made from these bytes.

use image2_picture::Picture;
use image2_protocol::{DeviceInfo, Job, ModelInfo};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData, Url};

use crate::library::download;
use crate::locales::{Message, messages};

/// Draws into a canvas, which takes the size of the picture.
pub fn draw(picture: &Picture, canvas: &HtmlCanvasElement) -> Result<(), JsValue> {
    let (width, height) = (picture.width(), picture.height());
    // Setting a side clears the canvas and costs its memory anew: only where it changed.
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

/// A finished picture of this session. Equal to itself alone: pixels are never compared.
#[derive(Debug)]
pub struct Shot {
    /// Counts up within the session.
    pub number: u32,
    pub picture: Picture,
    pub made: Made,
    /// The marked PNG without parameters: what the page shows, and so what "Save image as" or a
    /// drag out of the window gives.
    pub address: Address,
}

/// How a picture was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    pub job: Job,
    pub model: ModelInfo,
    /// Where it was computed.
    pub device: DeviceInfo,
    pub elapsed_ms: f64,
}

impl PartialEq for Shot {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Shot {
    /// Keeps a finished picture.
    pub fn new(number: u32, picture: Picture, made: Made) -> Result<Self, download::Unmade> {
        let address = Address::new(&download::png(&picture, None))?;
        Ok(Self {
            number,
            picture,
            made,
            address,
        })
    }

    /// The description for those who do not see the picture.
    pub fn description(&self) -> Message {
        messages::stage_picture(self.made.job.prompt.as_str())
    }
}

/// An address of bytes in this tab's memory, given back when dropped.
#[derive(Debug)]
pub struct Address(String);

impl Address {
    /// Gives PNG bytes an address.
    pub fn new(png: &[u8]) -> Result<Self, download::Unmade> {
        let blob = download::blob(png)?;
        Url::create_object_url_with_blob(&blob)
            .map(Self)
            .map_err(download::Unmade::browser)
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
