//! SRVGGNetCompact, the compact network of Real-ESRGAN (`xinntao/Real-ESRGAN`): convolutions at the input's
//! size, then one shuffle of pixels.
//!
//! ```text
//! y = shuffle(conv(prelu(conv(… prelu(conv(x)))))) + nearest(x)
//! ```
//!
//! All convolutions are 3 × 3 and keep the size. Upstream's network takes RGB; this one takes
//! premultiplied RGBA in one pass, because colour and alpha of two passes disagree along edges.
//!
//! # Names
//! The checkpoint keeps all layers in one list, `body`: convolutions at even places, the slopes of the PReLU
//! after each at odd ones.

mod config;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use image2_shaders::ops::{Conv2d, Image, PixelShuffle};
use image2_shaders::{Compute, Conv2dWeights, Graph};

pub use config::SrvggConfig;

use super::{Upscaler, UpscalerConfig as _, UpscalerSignature};
use crate::error::ModelError;
use crate::weights::Loader;

/// Height and width of every kernel.
const KERNEL: [usize; 2] = [3, 3];

/// The network with its weights on a device.
#[derive(Debug)]
pub struct Srvgg {
    config: SrvggConfig,
    compute: Compute,
    /// The convolutions with their PReLU; the last one has none.
    body: Vec<Arc<Conv2dWeights>>,
}

impl Srvgg {
    /// Takes every weight of the network.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn load(loader: &Loader<'_>, config: SrvggConfig) -> Result<Self, ModelError> {
        let SrvggConfig {
            channels,
            width,
            depth,
            scale,
        } = config;
        let hidden = depth + 1;
        let layer = |i: usize| {
            let inputs = if i == 0 { channels } else { width };
            let outputs = if i < hidden {
                width
            } else {
                channels * scale * scale
            };
            let at = loader.at("body");
            let [convolution, prelu] = [2 * i, 2 * i + 1].map(|place| at.at(&place.to_string()));
            let [height, width] = KERNEL;
            let matrix = convolution.kernel("weight", [outputs, inputs, height, width])?;
            let bias = convolution.values("bias", &[outputs])?;
            let weights = Conv2dWeights::new(matrix, KERNEL).with_bias(loader.compute(), &bias);
            if i == hidden {
                return Ok(Arc::new(weights));
            }
            let slopes = prelu.values("weight", &[outputs])?;
            Ok(Arc::new(weights.with_prelu(loader.compute(), &slopes)))
        };
        Ok(Self {
            config,
            compute: loader.compute().clone(),
            body: (0..=hidden).map(layer).collect::<Result<_, ModelError>>()?,
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
        let [height, width] = x.size;
        let mut hidden = x;
        for weights in &self.body {
            let features = graph.planned(height * width, weights.outputs());
            let output = graph.image(features, x.size);
            graph.push(Conv2d {
                weights: weights.clone(),
                x: hidden,
                stride: 1,
                padding: [1, 1],
                residual: None,
                y: output,
                lines: 0..height,
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
