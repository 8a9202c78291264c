//! Requests that are refused.

use serde::Serialize;

use super::shortest;

/// A request outside the limits of the model or the device. Each variant has a code of its own,
/// because each is a different mistake of the user.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[serde(untagged)]
#[non_exhaustive]
pub enum RequestFault {
    /// A side that is not whole patches or out of range, or too many pixels.
    #[error(
        "{width} × {height} pixels is outside this model's sizes: multiples of {patch} from {low} to {high}, at most {area_max} pixels in all"
    )]
    Size {
        /// Pixels, as requested.
        width: u32,
        /// Pixels, as requested.
        height: u32,
        /// Sides are multiples of this.
        patch: u32,
        /// The smallest side.
        low: u32,
        /// The largest side.
        high: u32,
        /// The largest product of width and height.
        area_max: u64,
    },
    /// The number of steps is out of range.
    #[error("{steps} steps is outside {low} to {high}")]
    Steps {
        /// As requested.
        steps: u32,
        /// The least allowed.
        low: u32,
        /// The most allowed.
        high: u32,
    },
    /// The strength of guidance is out of range.
    #[error("a guidance of {guidance} is outside {low} to {high}")]
    Guidance {
        /// As requested; null in JSON where it is not a number.
        #[serde(serialize_with = "shortest")]
        guidance: f32,
        /// The least allowed.
        #[serde(serialize_with = "shortest")]
        low: f32,
        /// The most allowed.
        #[serde(serialize_with = "shortest")]
        high: f32,
    },
    /// The bend of the time grid is out of range.
    #[error("a shift of {shift} is outside {low} to {high}")]
    Shift {
        /// As requested; null in JSON where it is not a number.
        #[serde(serialize_with = "shortest")]
        shift: f32,
        /// The least allowed.
        #[serde(serialize_with = "shortest")]
        low: f32,
        /// The most allowed.
        #[serde(serialize_with = "shortest")]
        high: f32,
    },
    /// No sampler has this name.
    #[error("the sampler {sampler:?} is unknown; there are {}", known.join(", "))]
    Sampler {
        /// As requested.
        sampler: String,
        /// All names.
        known: Vec<&'static str>,
    },
    /// A tensor of this size exceeds the largest buffer of the device.
    #[error(
        "{width} × {height} pixels need a buffer of {size_bytes} bytes, and this device has {limit_bytes} at most; choose a smaller size"
    )]
    Buffer {
        /// Pixels, as requested.
        width: u32,
        /// Pixels, as requested.
        height: u32,
        /// Bytes of the largest tensor.
        size_bytes: u64,
        /// The largest buffer.
        limit_bytes: u64,
    },
    /// More patches than the kernels can process.
    #[error(
        "{width} × {height} pixels are {patches} patches, more than this model can be run on; choose a smaller size"
    )]
    Patches {
        /// Pixels, as requested.
        width: u32,
        /// Pixels, as requested.
        height: u32,
        /// Patches of the picture.
        patches: u64,
    },
    /// A picture cannot be enlarged to a size: it is not larger than the picture, or too large.
    #[error(
        "a picture of {width} × {height} pixels cannot be enlarged to {to}; choose {low} to {high} for its longer side"
    )]
    Enlargement {
        /// Pixels of the picture.
        width: u32,
        /// Pixels of the picture.
        height: u32,
        /// The longer side in pixels, as requested.
        to: u32,
        /// The least allowed.
        low: u32,
        /// The most allowed.
        high: u32,
    },
}

impl RequestFault {
    /// The code of the error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Size { .. } => "request.size",
            Self::Steps { .. } => "request.steps",
            Self::Guidance { .. } => "request.guidance",
            Self::Shift { .. } => "request.shift",
            Self::Sampler { .. } => "request.sampler",
            Self::Buffer { .. } => "request.buffer",
            Self::Patches { .. } => "request.patches",
            Self::Enlargement { .. } => "request.enlargement",
        }
    }
}
