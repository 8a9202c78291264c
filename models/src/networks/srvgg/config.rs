//! The network's sizes.

use serde::Deserialize;

use super::Srvgg;
use crate::error::ModelError;
use crate::fault::ConfigFault;
use crate::networks::{Upscaler, UpscalerConfig, UpscalerSignature};
use crate::weights::Loader;

/// Sizes of an upscaler, as a manifest states them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SrvggConfig {
    /// Channels of a picture.
    pub channels: usize,
    /// Channels of every hidden layer.
    pub width: usize,
    /// Hidden layers after the first one.
    pub depth: usize,
    /// How many times longer the output's sides are.
    pub scale: usize,
}

// Far above any network that a browser can run, far below sizes whose products overflow.
const WIDTH_MAX: usize = 1 << 10;
const DEPTH_MAX: usize = 256;
const SCALE_MAX: usize = 8;

/// Measured with animevideov3: beyond this margin, tiles and the whole picture differ by less than a level.
const MARGIN: usize = 8;

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
        for (field, found, low, high) in [
            ("channels", self.channels, 4, 4),
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
            factor: self.scale,
            // No output pixel depends on more.
            margin: MARGIN.min(self.depth + 2),
        }
    }

    fn load(&self, loader: &Loader<'_>) -> Result<Box<dyn Upscaler>, ModelError> {
        Ok(Box::new(Srvgg::load(loader, *self)?))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_configuration_is_validated() {
        let valid = json!({"channels": 4, "width": 64, "depth": 16, "scale": 4});
        let config = SrvggConfig::from_json(&valid).expect("valid");
        assert_eq!(
            (config.signature().factor, config.signature().margin),
            (4, 8)
        );
        for (field, value, fault) in [
            ("channels", json!(3), "range"),
            ("width", json!(0), "range"),
            ("width", json!(1_u64 << 40), "range"),
            ("depth", json!(257), "range"),
            ("scale", json!(1), "range"),
            ("scale", json!(-4), "json"),
            ("extra", json!(4), "json"),
        ] {
            let mut wrong = valid.clone();
            wrong[field] = value;
            let error = SrvggConfig::from_json(&wrong).expect_err(field);
            assert_eq!(
                (error.code(), &error.arguments()["fault"]),
                ("model.config", &json!(fault))
            );
        }
    }
}
