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
//! | `layers[k]`: weights and bias | `body.2k.weight`, `body.2k.bias` |
//! | `layers[k]`: slopes of the PReLU | `body.2k+1.weight` |

mod config;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use image2_shaders::ops::{Conv2d, Image, PixelShuffle};
use image2_shaders::{Compute, Conv2dWeights, Graph};

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
    compute: Compute,
    layers: Vec<Arc<Conv2dWeights>>,
}

impl Srvgg {
    /// Takes every weight of the network.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn load(loader: &Loader<'_>, config: SrvggConfig) -> Result<Self, ModelError> {
        let (compute, last) = (loader.compute(), config.depth + 1);
        let layer = |k: usize| {
            let inputs = match k {
                0 => config.channels,
                _ => config.width,
            };
            let outputs = match k == last {
                true => config.channels * config.scale * config.scale,
                false => config.width,
            };
            let at = |i: usize| loader.at("body").at(&i.to_string());
            let (convolution, prelu) = (at(2 * k), at(2 * k + 1));
            let shape = [outputs, inputs, KERNEL, KERNEL];
            let matrix = convolution.convolution("weight", shape)?;
            let bias = convolution.values("bias", &[outputs])?;
            let weights = Conv2dWeights::new(matrix, [KERNEL; 2]).with_bias(compute, &bias);
            if k == last {
                return Ok(Arc::new(weights));
            }
            let slopes = prelu.values("weight", &[outputs])?;
            Ok(Arc::new(weights.with_prelu(compute, &slopes)))
        };
        Ok(Self {
            layers: (0..=last).map(layer).collect::<Result<_, ModelError>>()?,
            compute: compute.clone(),
            config,
        })
    }
}

impl Upscaler for Srvgg {
    fn signature(&self) -> UpscalerSignature {
        self.config.signature()
    }

    fn compute(&self) -> &Compute {
        &self.compute
    }

    fn record(&self, graph: &mut Graph, x: Image, y: Image) {
        let mut hidden = x;
        for weights in &self.layers {
            let output = graph.planned(x.size[0] * x.size[1], weights.outputs());
            let output = graph.image(output, x.size);
            graph.push_in_bands(Conv2d {
                weights: weights.clone(),
                x: hidden,
                stride: 1,
                padding: [1, 1],
                residual: None,
                y: output,
                lines: 0..x.size[0],
            });
            hidden = output;
        }
        graph.push(PixelShuffle {
            x: hidden,
            factor: self.config.scale,
            nearest: Some(x),
            y,
        });
    }
}
