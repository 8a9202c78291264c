//! Networks that enlarge pictures.

use std::fmt::Debug;

use image2_shaders::ops::Image;
use image2_shaders::{Compute, Graph};
use serde_json::Value;

use super::srvgg::SrvggConfig;
use crate::error::ModelError;
use crate::weights::Loader;

/// Reads the `config` of a manifest.
type Configure = fn(&Value) -> Result<Box<dyn UpscalerConfig>, ModelError>;

/// The architectures that this program knows, by their names in manifests.
const ARCHITECTURES: [(&str, Configure); 1] = [("srvgg", |config| {
    Ok(Box::new(SrvggConfig::from_json(config)?))
})];

/// Reads and validates the configuration of an architecture.
///
/// # Errors
/// [`ModelError::Architecture`] if the name is unknown, [`ModelError::Config`] for the first rule
/// that the configuration breaks.
pub fn configure_upscaler(
    architecture: &str,
    config: &Value,
) -> Result<Box<dyn UpscalerConfig>, ModelError> {
    let known = ARCHITECTURES.iter().find(|(name, _)| *name == architecture);
    let (_, configure) = known.ok_or_else(|| ModelError::Architecture(architecture.to_owned()))?;
    configure(config)
}

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

/// An upscaler's inputs and outputs, as pipelines need to know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpscalerSignature {
    /// Channels of a picture: 4 (premultiplied RGBA).
    pub channels: usize,
    /// How many times longer the output's sides are.
    pub factor: usize,
    /// Input pixels from an output pixel to the farthest one that it depends on noticeably. A tile with
    /// such a margin cannot be told from the whole picture.
    pub margin: usize,
}

/// An upscaler with its weights on a device.
pub trait Upscaler: Debug {
    /// Its inputs and outputs.
    fn signature(&self) -> UpscalerSignature;

    /// The device.
    fn compute(&self) -> &Compute;

    /// Adds the forward pass to a graph. Values are 0 to 1; outputs may lie a little beyond.
    ///
    /// # Shapes
    /// - x: `[height × width, channels]`
    /// - y: `[height × factor × width × factor, channels]`
    ///
    /// # Panics
    /// If a shape does not fit.
    fn record(&self, graph: &mut Graph, x: Image, y: Image);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_architecture_is_refused_by_name() {
        let error = configure_upscaler("esrgan", &Value::Null).expect_err("unknown");
        assert_eq!(error.code(), "model.architecture");
        assert_eq!(error.arguments()["architecture"], "esrgan");
    }
}
