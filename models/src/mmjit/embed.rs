//! From pixels and text to tokens.

use std::sync::Arc;

use image2_shaders::ops::Linear;
use image2_shaders::{Graph, LinearWeights, Rows};

use super::config::{MmJitConfig, TextConfig};
use super::layers::{linear, linear_without_bias};
use crate::error::ModelError;
use crate::loader::Loader;

/// Patches through a bottleneck: `proj2(proj1(patch)) + position`. Upstream states both as
/// convolutions whose stride is their kernel; on patches laid out in rows they are plain products.
#[derive(Debug)]
pub(super) struct PatchEmbed {
    /// `[bottleneck, (channels + condition) × patch × patch]`
    proj1: Arc<LinearWeights>,
    /// `[width, bottleneck]`
    proj2: Arc<LinearWeights>,
}

impl PatchEmbed {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        let values = (config.channels + config.condition) * config.patch * config.patch;
        Ok(Self {
            proj1: linear_without_bias(loader, "proj1", [config.bottleneck, values])?,
            proj2: linear(loader, "proj2", [config.width, config.bottleneck])?,
        })
    }

    /// From patches `x`, which repeat for the branches of a batch, into the stream's `img`.
    pub(super) fn record(&self, graph: &mut Graph, x: Rows, positions: Rows, img: Rows) {
        let narrow = graph.planned(x.count, self.proj1.outputs());
        let narrow = graph.rows(narrow);
        graph.push(Linear {
            weights: self.proj1.clone(),
            x,
            rms_norm: None,
            residual: None,
            y: narrow,
        });
        graph.push(Linear {
            weights: self.proj2.clone(),
            x: narrow,
            rms_norm: None,
            residual: Some(positions),
            y: img,
        });
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
    Projection(Arc<LinearWeights>),
}

impl TextEmbedder {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        let (source, size) = match config.text {
            TextConfig::Table { vocab } => {
                let rows = loader.values("txt_embedder.weight", &[vocab, config.width])?;
                (Source::Table { rows }, config.width)
            }
            TextConfig::Features { size } => {
                let projection = linear_without_bias(loader, "txt_embedder", [config.width, size])?;
                (Source::Projection(projection), size)
            }
        };
        Ok(Self {
            text_length: config.text_length,
            source,
            mask_token: loader.values("mask_token", &[size])?,
        })
    }

    /// Features of one token, before a projection.
    pub(super) fn size(&self) -> usize {
        self.mask_token.len()
    }

    /// The projection of an external encoder's features.
    pub(super) fn projection(&self) -> Option<&Arc<LinearWeights>> {
        match &self.source {
            Source::Table { .. } => None,
            Source::Projection(projection) => Some(projection),
        }
    }

    /// # Shapes
    /// - output: `[texts × text_length, size]`
    ///
    /// # Errors
    /// [`ModelError::Text`] if a text is of the wrong kind, too long, or names an unknown token.
    pub(super) fn features(&self, texts: &[Text]) -> Result<Vec<f32>, ModelError> {
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
        Ok(features)
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
