//! Networks that enlarge pictures.

use std::fmt::Debug;

use image2_shaders::ops::Image;
use image2_shaders::{Compute, Graph};

use crate::error::ModelError;
use crate::weights::Loader;

/// A validated configuration: an upscaler before it has weights.
pub trait UpscalerConfig: Debug {
    /// The network's inputs and outputs.
    fn signature(&self) -> UpscalerSignature;

    /// Takes every weight of the network.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    fn load(&self, loader: &Loader<'_>) -> Result<Box<dyn Upscaler>, ModelError>;
}

/// An upscaler's inputs and outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpscalerSignature {
    /// Channels of a picture: 3 (RGB) or 4 (premultiplied RGBA).
    pub channels: usize,
    /// The factor by which a pass enlarges each side.
    pub scale: usize,
    /// Input pixels from an output pixel to the farthest one that it depends on noticeably: a tile
    /// with this margin cannot be told from the whole picture.
    pub margin: usize,
}

/// An upscaler with its weights on a device.
pub trait Upscaler: Debug {
    /// Its inputs and outputs.
    fn signature(&self) -> UpscalerSignature;

    /// The device.
    fn compute(&self) -> &Compute;

    /// Adds the forward pass to a graph. Values are from 0 to 1; those of `y` may lie a little
    /// beyond.
    ///
    /// # Shapes
    /// - x: `[height × width, channels]`
    /// - y: `[height × scale × width × scale, channels]`
    ///
    /// # Panics
    /// If a shape does not fit.
    fn record(&self, graph: &mut Graph, x: Image, y: Image);
}
