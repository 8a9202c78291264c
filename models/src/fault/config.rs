//! Configurations that are refused.

use serde::Serialize;

use super::shortest;

/// A configuration that no network can have, or that contradicts its package.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConfigFault {
    /// Not the JSON of this architecture.
    #[error("{reason}")]
    Json {
        /// The parser's own message.
        reason: String,
    },
    /// Pictures have three or four channels.
    #[error("channels is {channels}, not 3 or 4")]
    Channels {
        /// The value found.
        channels: usize,
    },
    /// Condition channels are a mask and the known picture.
    #[error("condition is {condition}, not 0 or 1 + channels")]
    Condition {
        /// The value found.
        condition: usize,
        /// Channels of a picture.
        channels: usize,
    },
    /// A number is out of range.
    #[error("{field} is {found}, not {low} to {high}")]
    Range {
        /// The field's path.
        field: &'static str,
        /// The value found.
        found: usize,
        /// The least allowed.
        low: usize,
        /// The most allowed.
        high: usize,
    },
    /// A number is not a multiple.
    #[error("{field} is {found}, not a multiple of {of}")]
    Multiple {
        /// The field's path.
        field: &'static str,
        /// The value found.
        found: usize,
        /// It should be a multiple of this.
        of: usize,
    },
    /// `width` is not `heads × head_dim`.
    #[error("width is {width}, not {heads} heads of {head_dim}")]
    Heads {
        /// Features of a token.
        width: usize,
        /// Attention heads.
        heads: usize,
        /// Features of a head.
        head_dim: usize,
    },
    /// The attention kernels do not support this number of features of a head.
    #[error("head_dim is {head_dim}, which attention does not support")]
    HeadDim {
        /// Features of a head.
        head_dim: usize,
    },
    /// The network and the rest of the manifest disagree.
    #[error("{field} is {network} in the network and {package} in the package")]
    Mismatch {
        /// The field's name in the network's configuration.
        field: &'static str,
        /// The network's value.
        network: usize,
        /// The manifest's value.
        package: usize,
    },
    /// Black and white have other values than for networks of this architecture.
    #[error("pictures are in the range of {low} to {high}, not {} to {}", .expected[0], .expected[1])]
    PictureRange {
        /// The value for black.
        low: f32,
        /// The value for white.
        high: f32,
        /// The network's values for both.
        expected: [f32; 2],
    },
    /// The package says that the model does what its network cannot.
    #[error("the network has no inputs for {field}")]
    Unable {
        /// The field's name in the package's `knows`.
        field: &'static str,
    },
    /// Alpha that colours are not multiplied by.
    #[error("pictures with alpha must be premultiplied")]
    Straight,
    /// The recommended guidance is out of range.
    #[error("the recommended guidance is {guidance}, not 0 to {high}")]
    Guidance {
        /// The value found.
        #[serde(serialize_with = "shortest")]
        guidance: f32,
        /// The most allowed.
        #[serde(serialize_with = "shortest")]
        high: f32,
    },
}
