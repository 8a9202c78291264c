//! From texts to features.

use std::sync::Arc;

use image2_shaders::LinearWeights;

use super::config::{MmJitConfig, TextConfig};
use super::linear::linear_without_bias;
use crate::error::ModelError;
use crate::fault::TextFault;
use crate::networks::Text;
use crate::weights::Loader;

/// Text to features; padding becomes the learned mask token.
#[derive(Debug)]
pub(super) struct TextEmbedder {
    text_length: usize,
    source: Source,
    /// `[size]`: the features of padding; `width` of a table, else the encoder's size.
    mask_token: Vec<f32>,
}

#[derive(Debug)]
enum Source {
    /// `[vocab, width]`, in the processor's memory: a prompt reads only a few rows.
    Table { rows: Vec<f32> },
    /// `[width, size]`
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
    /// [`ModelError::Text`] if a text is of the wrong kind, too long, or has an unknown token.
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
                _ => return Err(TextFault::Kind.into()),
            }
            if features.len() > end {
                let limit = self.text_length;
                return Err(TextFault::Length { limit }.into());
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
            .ok_or_else(|| TextFault::Token { token }.into())
    }
}
