//! The sizes of an SRVGG network, as the package's manifest states them.

use serde::{Deserialize, Serialize};

use super::Srvgg;
use crate::error::ModelError;
use crate::fault::ConfigFault;
use crate::networks::{Upscaler, UpscalerConfig, UpscalerSignature};
use crate::weights::Loader;

/// Every size of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SrvggConfig {
    /// Picture channels: 3 (RGB) or 4 (premultiplied RGBA).
    pub channels: usize,
    /// Channels between the convolutions.
    pub width: usize,
    /// Convolutions between the first one and the last one.
    pub depth: usize,
    /// The factor by which the network enlarges each side.
    pub scale: usize,
}

// Far above any network that a browser can run, far below sizes whose products overflow.
const WIDTH_MAX: usize = 4096;
const DEPTH_MAX: usize = 256;
const SCALE_MAX: usize = 16;

/// Measured with animevideov3: an output pixel changes by 4 levels of 255 at most, one in a
/// thousand by one, when the network sees no farther.
const MARGIN: usize = 10;

impl SrvggConfig {
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

    fn validate(&self) -> Result<(), ConfigFault> {
        let channels = self.channels;
        if !matches!(channels, 3 | 4) {
            return Err(ConfigFault::Channels { channels });
        }
        for (field, found, low, high) in [
            ("width", self.width, 1, WIDTH_MAX),
            ("depth", self.depth, 0, DEPTH_MAX),
            ("scale", self.scale, 2, SCALE_MAX),
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
        Ok(())
    }
}

impl UpscalerConfig for SrvggConfig {
    fn signature(&self) -> UpscalerSignature {
        UpscalerSignature {
            channels: self.channels,
            scale: self.scale,
            // A kernel of 3 × 3 reaches one pixel farther in each of its layers.
            margin: MARGIN.min(self.depth + 2),
        }
    }

    fn load(&self, loader: &Loader<'_>) -> Result<Box<dyn Upscaler>, ModelError> {
        Ok(Box::new(Srvgg::load(loader, self.clone())?))
    }
}
