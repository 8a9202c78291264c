//! SRVGG: Real-ESRGAN's compact upscaler (`SRVGGNetCompact`, github.com/xinntao/Real-ESRGAN).
//!
//! Convolutions of 3 × 3 on the small picture, each but the last with a PReLU; the last one's
//! channels become pixels, which are added to the picture enlarged by repetition. Values are from 0
//! to 1.
//!
//! # Names
//! | Here | Upstream |
//! |---|---|
//! | `SrvggConfig::channels`, `width`, `depth`, `scale` | `num_in_ch`, `num_feat`, `num_conv`, `upscale` |
//! | `Layer::weight`, `Layer::bias` of layer k | `body.2k.weight`, `body.2k.bias` |
//! | `Layer::slopes` of layer k | `body.2k+1.weight` |

mod config;

use image2_shaders::Weight;

pub use config::SrvggConfig;

use super::{Upscaler, UpscalerConfig, UpscalerSignature};
use crate::error::ModelError;
use crate::weights::Loader;

/// Height and width of every kernel.
const KERNEL: usize = 3;

/// The network with its weights on a device.
#[derive(Debug)]
pub struct Srvgg {
    config: SrvggConfig,
    layers: Vec<Layer>,
}

/// A convolution and its PReLU.
#[derive(Debug)]
pub struct Layer {
    /// `[outputs, 3 × 3 × inputs]`; see [`Loader::convolution`].
    pub weight: Weight,
    /// `[outputs]`
    pub bias: Vec<f32>,
    /// `[outputs]`; `None` after the last convolution.
    pub slopes: Option<Vec<f32>>,
}

impl Srvgg {
    /// Takes every weight of the network.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn load(loader: &Loader<'_>, config: SrvggConfig) -> Result<Self, ModelError> {
        let last = config.depth + 1;
        let outputs = |k: usize| match k == last {
            true => config.channels * config.scale * config.scale,
            false => config.width,
        };
        let layer = |k: usize| {
            let inputs = if k == 0 {
                config.channels
            } else {
                config.width
            };
            let (at, outputs) = (|i: usize| loader.at("body").at(&i.to_string()), outputs(k));
            let (convolution, prelu) = (at(2 * k), at(2 * k + 1));
            Ok(Layer {
                weight: convolution.convolution("weight", [outputs, inputs, KERNEL, KERNEL])?,
                bias: convolution.values("bias", &[outputs])?,
                slopes: (k < last)
                    .then(|| prelu.values("weight", &[outputs]))
                    .transpose()?,
            })
        };
        Ok(Self {
            layers: (0..=last).map(layer).collect::<Result<_, ModelError>>()?,
            config,
        })
    }

    /// The convolutions in order.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }
}

impl Upscaler for Srvgg {
    fn signature(&self) -> UpscalerSignature {
        self.config.signature()
    }
}
