//! The shape of an MM-JiT network, as the package's manifest states it.

use image2_shaders::ops::Attention;
use serde::{Deserialize, Serialize};

use crate::error::ModelError;

/// Every size of the network. Names follow the field's: `width` is upstream's `hidden_size`,
/// `bottleneck` its `pca_channels`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MmJitConfig {
    /// Picture channels: 3 (RGB) or 4 (premultiplied RGBA).
    pub channels: usize,
    /// Channels that say what of the picture is given: 0, or a mask and the known picture,
    /// `1 + channels`. See [`MmJit::forward`](super::MmJit::forward).
    #[serde(default)]
    pub condition: usize,
    /// Side of a square patch in pixels; one patch is one token.
    pub patch: usize,
    /// Features of a token.
    pub width: usize,
    /// Attention heads; `heads × head_dim = width`.
    pub heads: usize,
    /// Features of a head; a multiple of 4, so that rows and columns share it in pairs.
    pub head_dim: usize,
    /// Hidden features of each gated MLP.
    pub mlp_hidden: usize,
    /// Features between the two patch projections.
    pub bottleneck: usize,
    /// Text-only blocks before the joint ones.
    pub preamble: usize,
    /// Joint text and picture blocks.
    pub depth: usize,
    /// Where text features come from.
    pub text: TextConfig,
    /// Text tokens; shorter prompts are padded with the mask token.
    pub text_length: usize,
    /// Height and width in pixels that the network was trained at.
    pub size: [usize; 2],
}

/// Where text features come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TextConfig {
    /// An own table, one row of `width` features a token.
    Table {
        /// Rows of the table; token 0 is padding.
        vocab: usize,
    },
    /// Features of an external encoder, projected to `width`.
    Features {
        /// Features of one token of the encoder.
        size: usize,
    },
}

// Far above any network that a browser runs, far below sizes whose products overflow.
const DIM_MAX: usize = 1 << 16;
const BLOCKS_MAX: usize = 256;
const TEXT_LENGTH_MAX: usize = 4096;
const SIDE_MAX: usize = 8192;

impl MmJitConfig {
    /// Reads and checks the `config` of a manifest.
    ///
    /// # Errors
    /// [`ModelError::Config`] names the first rule that is broken.
    pub fn from_json(value: &serde_json::Value) -> Result<Self, ModelError> {
        let config =
            Self::deserialize(value).map_err(|error| ModelError::Config(error.to_string()))?;
        config.validate()?;
        Ok(config)
    }

    /// Names of the weights that are looked up, never multiplied.
    #[must_use]
    pub fn tables(&self) -> &'static [&'static str] {
        match self.text {
            TextConfig::Table { .. } => &["txt_embedder.weight"],
            TextConfig::Features { .. } => &[],
        }
    }

    /// Checks what the network's formulas take for granted.
    ///
    /// # Errors
    /// [`ModelError::Config`] names the first rule that is broken.
    pub fn validate(&self) -> Result<(), ModelError> {
        let text_size = match self.text {
            TextConfig::Table { vocab } => vocab,
            TextConfig::Features { size } => size,
        };
        let dims = [
            self.patch,
            self.width,
            self.heads,
            self.head_dim,
            self.mlp_hidden,
            self.bottleneck,
        ];
        let rules = [
            (matches!(self.channels, 3 | 4), "channels is 3 or 4"),
            (
                self.condition == 0 || self.condition == 1 + self.channels,
                "condition is 0 or 1 + channels",
            ),
            (
                dims.iter().all(|dim| (1..=DIM_MAX).contains(dim)),
                "every size is between 1 and 65,536",
            ),
            (
                (1..=1 << 24).contains(&text_size),
                "the text size is between 1 and 16,777,216",
            ),
            (
                (1..=TEXT_LENGTH_MAX).contains(&self.text_length),
                "text_length is between 1 and 4,096",
            ),
            (
                self.preamble <= BLOCKS_MAX && (1..=BLOCKS_MAX).contains(&self.depth),
                "there are 1 to 256 blocks",
            ),
            (
                self.heads.checked_mul(self.head_dim) == Some(self.width),
                "width is heads × head_dim",
            ),
            (
                Attention::supports(self.head_dim),
                "head_dim is a multiple of 4 and at most 64",
            ),
            (self.width.is_multiple_of(4), "width is a multiple of 4"),
            (
                self.size
                    .iter()
                    .all(|side| side.is_multiple_of(self.patch) && (1..=SIDE_MAX).contains(side)),
                "each side is a multiple of patch and at most 8,192",
            ),
        ];
        match rules.iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(ModelError::Config(format!(
                "broken rule: {rule}; got {self:?}"
            ))),
            None => Ok(()),
        }
    }
}
