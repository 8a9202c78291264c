//! The sizes of an MM-JiT network, as the package's manifest states them.

use image2_shaders::ops::Attention;
use serde::{Deserialize, Serialize};

use super::MmJit;
use crate::error::ModelError;
use crate::fault::ConfigFault;
use crate::networks::{Network, NetworkConfig, Signature};
use crate::weights::Loader;

/// Every size of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MmJitConfig {
    /// Picture channels: 3 (RGB) or 4 (premultiplied RGBA).
    pub channels: usize,
    /// Channels that state what is known of the picture: 0, or a mask and the known picture,
    /// `1 + channels`. See [`Network::record`].
    #[serde(default)]
    pub condition: usize,
    /// Side of a square patch in pixels; one patch is one token.
    pub patch: usize,
    /// Features of a token.
    pub width: usize,
    /// Attention heads; `heads × head_dim = width`.
    pub heads: usize,
    /// Features of a head; a multiple of 4, so that rows and columns get pairs of it.
    pub head_dim: usize,
    /// Hidden features of each gated MLP.
    pub mlp_hidden: usize,
    /// Features between the two patch projections.
    pub bottleneck: usize,
    /// Text-only blocks before the joint ones.
    pub preamble: usize,
    /// Joint text and picture blocks.
    pub depth: usize,
    /// The source of text features.
    pub text: TextConfig,
    /// Text tokens; shorter prompts are padded with the mask token.
    pub text_length: usize,
    /// Height and width in pixels that the network was trained at.
    pub size: [usize; 2],
}

/// The source of text features.
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

// Far above any network that a browser can run, far below sizes whose products overflow.
const DIM_MAX: usize = 1 << 16;
const BLOCKS_MAX: usize = 256;
const TEXT_LENGTH_MAX: usize = 4096;
const TEXT_SIZE_MAX: usize = 1 << 24;
const SIDE_MAX: usize = 8192;

impl MmJitConfig {
    /// Reads and validates the `config` of a manifest.
    ///
    /// # Errors
    /// [`ModelError::Config`] for the first rule that is broken.
    pub fn from_json(value: &serde_json::Value) -> Result<Self, ModelError> {
        let config = Self::deserialize(value).map_err(|error| ConfigFault::Json {
            reason: error.to_string(),
        })?;
        config.validate()?;
        Ok(config)
    }

    /// Checks the assumptions of the network's formulas.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), ConfigFault> {
        let (channels, condition) = (self.channels, self.condition);
        if !matches!(channels, 3 | 4) {
            return Err(ConfigFault::Channels { channels });
        }
        if condition != 0 && condition != 1 + channels {
            return Err(ConfigFault::Condition {
                condition,
                channels,
            });
        }
        let text_size = match self.text {
            TextConfig::Table { vocab } => ("text.vocab", vocab),
            TextConfig::Features { size } => ("text.size", size),
        };
        let [height, width] = self.size;
        for ((field, found), low, high) in [
            (("patch", self.patch), 1, DIM_MAX),
            (("width", self.width), 1, DIM_MAX),
            (("heads", self.heads), 1, DIM_MAX),
            (("head_dim", self.head_dim), 1, DIM_MAX),
            (("mlp_hidden", self.mlp_hidden), 1, DIM_MAX),
            (("bottleneck", self.bottleneck), 1, DIM_MAX),
            (text_size, 1, TEXT_SIZE_MAX),
            (("text_length", self.text_length), 1, TEXT_LENGTH_MAX),
            (("preamble", self.preamble), 0, BLOCKS_MAX),
            (("depth", self.depth), 1, BLOCKS_MAX),
            (("size", height), 1, SIDE_MAX),
            (("size", width), 1, SIDE_MAX),
        ] {
            if !(low..=high).contains(&found) {
                return Err(ConfigFault::Range {
                    field,
                    found,
                    low,
                    high,
                });
            }
        }
        if self.heads.checked_mul(self.head_dim) != Some(self.width) {
            return Err(ConfigFault::Heads {
                width: self.width,
                heads: self.heads,
                head_dim: self.head_dim,
            });
        }
        if !Attention::supports(self.head_dim) {
            let head_dim = self.head_dim;
            return Err(ConfigFault::HeadDim { head_dim });
        }
        for (field, found, of) in [
            ("width", self.width, 4),
            ("size", height, self.patch),
            ("size", width, self.patch),
        ] {
            if !found.is_multiple_of(of) {
                return Err(ConfigFault::Multiple { field, found, of });
            }
        }
        Ok(())
    }
}

impl NetworkConfig for MmJitConfig {
    fn signature(&self) -> Signature {
        Signature {
            channels: self.channels,
            condition: self.condition,
            patch: self.patch,
            size: self.size,
            text_length: self.text_length,
            text_width: self.width,
        }
    }

    fn tables(&self) -> &'static [&'static str] {
        match self.text {
            TextConfig::Table { .. } => &["txt_embedder.weight"],
            TextConfig::Features { .. } => &[],
        }
    }

    fn vocabulary(&self) -> Option<usize> {
        match self.text {
            TextConfig::Table { vocab } => Some(vocab),
            TextConfig::Features { .. } => None,
        }
    }

    fn load(&self, loader: &Loader<'_>) -> Result<Box<dyn Network>, ModelError> {
        Ok(Box::new(MmJit::load(loader, self.clone())?))
    }
}
