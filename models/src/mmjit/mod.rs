//! MM-JiT: a double-stream transformer directly on pixels.
//!
//! After JiT (arXiv 2511.13720) and MiniT2I (`PeppaKing8/minit2i-jax`): no latent space, no
//! timestep input. The network sees the noisy picture and the text, and predicts the clean
//! picture. One type serves every size: channels, grid, text source and depths are configured.

mod blocks;
mod config;
mod embed;
mod layers;
mod rotary;
#[cfg(test)]
mod tests;

use burn::tensor::{Device, Tensor};

pub use config::{MmJitConfig, TextConfig};
pub use embed::Text;

use crate::error::ModelError;
use crate::loader::Loader;
use blocks::{JointBlock, TextBlock};
use embed::{PatchEmbed, TextEmbedder};
use layers::{Linear, rms_norm};
use rotary::{Rotary, sincos_2d};

/// The network with its weights on a device.
#[derive(Debug)]
pub struct MmJit {
    config: MmJitConfig,
    device: Device,
    img_embedder: PatchEmbed,
    txt_embedder: TextEmbedder,
    txt_preamble_blocks: Vec<TextBlock>,
    double_blocks: Vec<JointBlock>,
    /// `[patch × patch × channels, width]`, after a norm.
    final_layer: Linear,
}

/// What a picture's size decides, computed once a run.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Rows and columns of patches.
    size: [usize; 2],
    /// `[1, patches, width]`
    positions: Tensor<3>,
    rotary: Rotary,
}

impl MmJit {
    /// Reads every weight of the network.
    ///
    /// # Errors
    /// If a tensor is missing, has another shape, or cannot be read.
    pub fn load(loader: &Loader<'_>, config: MmJitConfig) -> Result<Self, ModelError> {
        config.validate()?;
        let final_layer = [config.patch * config.patch * config.channels, config.width];
        Ok(Self {
            img_embedder: PatchEmbed::load(&loader.at("img_embedder"), &config)?,
            txt_embedder: TextEmbedder::load(loader, &config)?,
            txt_preamble_blocks: (0..config.preamble)
                .map(|i| {
                    TextBlock::load(
                        &loader.at("txt_preamble_blocks").at(&i.to_string()),
                        &config,
                    )
                })
                .collect::<Result<_, _>>()?,
            double_blocks: (0..config.depth)
                .map(|i| JointBlock::load(&loader.at("double_blocks").at(&i.to_string()), &config))
                .collect::<Result<_, _>>()?,
            final_layer: Linear::load(&loader.at("final_layer"), "linear", final_layer)?,
            device: loader.device().clone(),
            config,
        })
    }

    /// The network's sizes.
    #[must_use]
    pub fn config(&self) -> &MmJitConfig {
        &self.config
    }

    /// Prepares pictures of `height` × `width` pixels.
    ///
    /// # Panics
    /// If a side is not a multiple of the patch.
    #[must_use]
    pub fn grid(&self, height: usize, width: usize) -> Grid {
        let (patch, head_dim) = (self.config.patch, self.config.head_dim);
        assert!(
            height.is_multiple_of(patch) && width.is_multiple_of(patch),
            "{height} × {width} is not whole patches"
        );
        let size = [height / patch, width / patch];
        Grid {
            size,
            positions: sincos_2d(size, self.config.width, &self.device),
            rotary: Rotary::joint(self.config.text_length, size, head_dim, &self.device),
        }
    }

    /// Text through its embedder and the text-only blocks: independent of picture and step, so
    /// done once a prompt.
    ///
    /// # Shapes
    /// - output: `[texts, text_length, width]`
    ///
    /// # Errors
    /// [`ModelError::Text`] if a text does not fit the model.
    pub fn encode_text(&self, texts: &[Text]) -> Result<Tensor<3>, ModelError> {
        let txt = self.txt_embedder.forward(texts, &self.device)?;
        let rotary = Rotary::text(self.config.text_length, self.config.head_dim, &self.device);
        Ok(self
            .txt_preamble_blocks
            .iter()
            .fold(txt, |txt, block| block.forward(txt, &rotary)))
    }

    /// Predicts the clean picture.
    ///
    /// A network with condition channels also reads what is given: the first of them is a mask, 1
    /// where the picture is known and kept, 0 where it is not, −1 where the rest is a reference
    /// (another picture of the same things); the others are the known picture, 0 where there is
    /// none. Without a condition they are all 0: a picture from text alone.
    ///
    /// # Shapes
    /// - image and output: `[batch, channels, height, width]`, in the range of −1 to 1
    /// - given: `[batch, condition, height, width]`
    /// - txt: `[batch, text_length, width]`, from [`encode_text`](Self::encode_text)
    ///
    /// # Panics
    /// If something is given to a network without condition channels.
    #[must_use]
    pub fn forward(
        &self,
        image: Tensor<4>,
        given: Option<Tensor<4>>,
        txt: Tensor<3>,
        grid: &Grid,
    ) -> Tensor<4> {
        let image = self.with_condition(image, given);
        let img = self.img_embedder.forward(image) + grid.positions.clone();
        let (img, _) = self
            .double_blocks
            .iter()
            .fold((img, txt), |(img, txt), block| {
                block.forward(img, txt, &grid.rotary)
            });
        self.unpatchify(self.final_layer.forward(rms_norm(img)), grid.size)
    }

    fn with_condition(&self, image: Tensor<4>, given: Option<Tensor<4>>) -> Tensor<4> {
        let [batch, _, height, width] = image.dims();
        match (self.config.condition, given) {
            (0, None) => image,
            (0, Some(_)) => panic!("this network has no condition channels"),
            (condition, given) => {
                let given = given.unwrap_or_else(|| {
                    Tensor::zeros([batch, condition, height, width], &self.device)
                });
                Tensor::cat(vec![image, given], 1)
            }
        }
    }

    /// # Shapes
    /// - x: `[batch, patches, patch × patch × channels]`, output: `[batch, channels, height, width]`
    fn unpatchify(&self, x: Tensor<3>, [rows, columns]: [usize; 2]) -> Tensor<4> {
        let (batch, p, channels) = (x.dims()[0], self.config.patch, self.config.channels);
        x.reshape([batch, rows, columns, p, p, channels])
            .permute([0, 5, 1, 3, 2, 4]) // [B, C, rows, p, columns, p]
            .reshape([batch, channels, rows * p, columns * p])
    }
}
