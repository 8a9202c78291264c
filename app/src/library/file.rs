//! A picture as a file.
//!
//! Every PNG that leaves this page carries the mark "made by AI", which programs read. The prompt
//! and the settings are in it only if the person wants: a file is easily passed on, and a prompt
//! may be private.

use image2_picture::{Colour, Layout, Parameters, browser};
use js_sys::{ArrayBuffer, Uint8Array};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::library::address::{Refused, png_of};
use crate::library::record::Record;

/// The file of a drawing as it came: with the AI mark, without parameters, on no ground. The browser
/// keeps its bytes, outside of wasm's memory.
#[derive(Clone, Debug)]
pub struct Drawing {
    // Neither the page nor the reactive system has another thread.
    blob: SendWrapper<Blob>,
    layout: Layout,
}

impl Drawing {
    /// Takes a PNG that this program wrote.
    pub fn new(png: &JsValue, layout: Layout) -> Result<Self, Refused> {
        Ok(Self {
            blob: SendWrapper::new(png_of(&[png])?),
            layout,
        })
    }

    /// The file as it came.
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// Its bytes.
    pub async fn bytes(&self) -> Result<ArrayBuffer, Refused> {
        let bytes = JsFuture::from(self.blob.array_buffer()).await;
        bytes.map(JsCast::unchecked_into).map_err(Refused::because)
    }

    /// The file for a person: on this ground, and with everything that makes it again where
    /// `parameters` are given. Only a ground takes new compression.
    pub async fn export(
        &self,
        ground: Option<Colour>,
        parameters: Option<&Parameters>,
    ) -> Result<Blob, Refused> {
        match (ground, parameters) {
            (Some(ground), _) if !self.layout.is_opaque => self.over(ground, parameters).await,
            (_, None) => Ok(self.blob().clone()),
            (_, Some(parameters)) => {
                let bare_bytes = self.layout.bare_head().len();
                #[expect(clippy::cast_precision_loss, reason = "a few hundred bytes")]
                let rest = self.blob.slice_with_f64(bare_bytes as f64);
                let rest = rest.map_err(Refused::because)?;
                let head = Uint8Array::from(&self.layout.full_head(parameters)[..]);
                png_of(&[&head, &rest])
            }
        }
    }

    async fn over(&self, ground: Colour, parameters: Option<&Parameters>) -> Result<Blob, Refused> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sizes of files are whole and far below 2⁵³"
        )]
        let [start, end] = self
            .layout
            .pixels(self.blob.size() as u64)
            .map(|at| at as f64);
        let pixels = self.blob.slice_with_f64_and_f64(start, end);
        let pixels = pixels.map_err(Refused::because)?.stream().unchecked_into();
        let pause = crate::browser::next_task;
        let file = browser::encode_png_over(self.layout, &pixels, ground, parameters, pause).await;
        let file = file.map_err(Refused::because)?;
        png_of(&[&file])
    }
}

/// The file's name.
pub fn name(record: &Record) -> String {
    format!("image2-{}.png", record.recipe.seed)
}

/// Everything that makes the picture again.
pub fn parameters(record: &Record) -> Parameters {
    Parameters {
        recipe: record.recipe.clone(),
        model: record.model.name.clone(),
        model_digest: record.model.digest.clone(),
        program: concat!("Image 2 ", env!("CARGO_PKG_VERSION")).into(),
    }
}

#[cfg(test)]
mod tests {
    use image2_picture::read_parameters;

    use super::*;
    use crate::library::record::tests::sample;

    #[test]
    fn the_head_of_a_file_holds_the_recipe_only_if_wanted() {
        let record = sample();
        let layout = Layout {
            width: 1,
            height: 1,
            is_opaque: false,
        };
        let with = layout.full_head(&parameters(&record));
        let read = read_parameters(&with).expect("reads").expect("some");
        assert_eq!(read.recipe, record.recipe);
        assert_eq!(read.model_digest, "ab");
        let without = layout.bare_head();
        assert!(!without.windows(6).any(|bytes| bytes == b"secret"));
        assert_eq!(name(&record), "image2-18446744073709551615.png");
    }
}
