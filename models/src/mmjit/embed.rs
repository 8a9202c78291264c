//! From pixels and text to tokens.

use burn::tensor::{Device, Tensor};

use super::config::{MmJitConfig, TextConfig};
use super::layers::{Linear, upload};
use crate::error::ModelError;
use crate::loader::Loader;

/// Patches through a bottleneck: `proj2(proj1(patch))`. Upstream states both as convolutions
/// whose stride is their kernel; on patches laid out in rows they are plain products.
#[derive(Debug)]
pub(super) struct PatchEmbed {
    patch: usize,
    /// `[bottleneck, (channels + condition) × patch × patch]`
    proj1: Linear,
    /// `[width, bottleneck]`
    proj2: Linear,
}

impl PatchEmbed {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        let values = (config.channels + config.condition) * config.patch * config.patch;
        Ok(Self {
            patch: config.patch,
            proj1: Linear::load_without_bias(loader, "proj1", [config.bottleneck, values])?,
            proj2: Linear::load(loader, "proj2", [config.width, config.bottleneck])?,
        })
    }

    /// # Shapes
    /// - image: `[batch, channels, height, width]`, output: `[batch, patches, features]`
    pub(super) fn forward(&self, image: Tensor<4>) -> Tensor<3> {
        let [batch, channels, height, width] = image.dims();
        let (p, rows, columns) = (self.patch, height / self.patch, width / self.patch);
        let patches = image
            .reshape([batch, channels, rows, p, columns, p])
            .permute([0, 2, 4, 1, 3, 5]) // [B, rows, columns, C, p, p]
            .reshape([batch, rows * columns, channels * p * p]);
        self.proj2.forward(self.proj1.forward(patches))
    }
}

/// What the text embedder is given for one prompt.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// Token ids, at most `text_length`; 0 and missing ones are padding.
    Tokens(Vec<u32>),
    /// Features of an external encoder, `[tokens, size]` row by row; missing ones are padding.
    Features(Vec<f32>),
}

impl Text {
    /// The text of the unconditional branch: padding alone.
    #[must_use]
    pub fn empty() -> Self {
        Self::Tokens(Vec::new())
    }
}

/// Text to features; padding becomes the learned mask token.
#[derive(Debug)]
pub(super) struct TextEmbedder {
    text_length: usize,
    source: Source,
    /// Features that stand for padding: `width` of a table, else the encoder's size.
    mask_token: Vec<f32>,
}

#[derive(Debug)]
enum Source {
    /// Rows are gathered on the processor: a prompt reads a few of them.
    Table {
        rows: Vec<f32>,
    },
    Projection(Box<Linear>),
}

impl TextEmbedder {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        let (source, size) = match config.text {
            TextConfig::Table { vocab } => {
                let rows = loader.values("txt_embedder.weight", &[vocab, config.width])?;
                (Source::Table { rows }, config.width)
            }
            TextConfig::Features { size } => {
                let projection =
                    Linear::load_without_bias(loader, "txt_embedder", [config.width, size])?;
                (Source::Projection(Box::new(projection)), size)
            }
        };
        Ok(Self {
            text_length: config.text_length,
            source,
            mask_token: loader.values("mask_token", &[size])?,
        })
    }

    /// # Shapes
    /// - output: `[texts, text_length, width]`
    ///
    /// # Errors
    /// [`ModelError::Text`] if a text is of the wrong kind, too long, or names an unknown token.
    pub(super) fn forward(&self, texts: &[Text], device: &Device) -> Result<Tensor<3>, ModelError> {
        let size = self.mask_token.len();
        let mut features = Vec::with_capacity(texts.len() * self.text_length * size);
        for text in texts {
            let end = features.len() + self.text_length * size;
            match (text, &self.source) {
                (Text::Tokens(tokens), Source::Table { rows }) => {
                    for &token in tokens {
                        features.extend_from_slice(self.row(rows, token)?);
                    }
                }
                (Text::Tokens(tokens), _) if tokens.is_empty() => {}
                (Text::Features(values), Source::Projection(_))
                    if values.len().is_multiple_of(size) =>
                {
                    features.extend_from_slice(values);
                }
                _ => {
                    return Err(ModelError::Text(
                        "the text is not of the kind that this model reads".into(),
                    ));
                }
            }
            if features.len() > end {
                return Err(ModelError::Text(format!(
                    "the text is longer than {} tokens",
                    self.text_length
                )));
            }
            while features.len() < end {
                features.extend_from_slice(&self.mask_token);
            }
        }
        let features = upload(features, [texts.len(), self.text_length, size], device);
        Ok(match &self.source {
            Source::Table { .. } => features,
            Source::Projection(projection) => projection.forward(features),
        })
    }

    fn row<'a>(&'a self, rows: &'a [f32], token: u32) -> Result<&'a [f32], ModelError> {
        if token == 0 {
            return Ok(&self.mask_token);
        }
        let size = self.mask_token.len();
        (token as usize)
            .checked_mul(size)
            .and_then(|start| rows.get(start..start.checked_add(size)?))
            .ok_or_else(|| ModelError::Text(format!("token {token} is not in the vocabulary")))
    }
}
