//! The layers that both kinds of block are made of.

use burn::tensor::{Device, Tensor, activation::silu};
use image2_shaders::Matrix;

use super::config::MmJitConfig;
use crate::error::ModelError;
use crate::loader::Loader;

/// Added to the mean square, as upstream does.
const EPSILON: f32 = 1e-6;

/// `x / √(mean(x²) + ε)` over the last dimension; no weights.
pub(super) fn rms_norm<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let mean_square = x.clone().powi_scalar(2).mean_dim(D - 1);
    x / (mean_square + EPSILON).sqrt()
}

/// `x Wᵀ + b`, with or without `b`.
#[derive(Debug)]
pub(super) struct Linear {
    /// `[out, in]`
    weight: Matrix,
    /// `[out]`
    bias: Option<Tensor<1>>,
}

impl Linear {
    pub(super) fn load(
        loader: &Loader<'_>,
        name: &str,
        [out, input]: [usize; 2],
    ) -> Result<Self, ModelError> {
        let at = loader.at(name);
        Ok(Self {
            weight: at.matrix("weight", [out, input])?,
            bias: Some(at.vector("bias", out)?),
        })
    }

    pub(super) fn load_without_bias(
        loader: &Loader<'_>,
        name: &str,
        [out, input]: [usize; 2],
    ) -> Result<Self, ModelError> {
        Ok(Self {
            weight: loader.at(name).matrix("weight", [out, input])?,
            bias: None,
        })
    }

    /// # Shapes
    /// - x: `[..., in]`, output: `[..., out]`
    pub(super) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.weight.linear(x, self.bias.as_ref())
    }
}

/// Gated MLP: `w2(silu(w1 x) · w3 x)`.
#[derive(Debug)]
pub(super) struct SwiGlu {
    w1: Linear,
    w3: Linear,
    w2: Linear,
}

impl SwiGlu {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        let (width, hidden) = (config.width, config.mlp_hidden);
        Ok(Self {
            w1: Linear::load_without_bias(loader, "w1", [hidden, width])?,
            w3: Linear::load_without_bias(loader, "w3", [hidden, width])?,
            w2: Linear::load_without_bias(loader, "w2", [width, hidden])?,
        })
    }

    /// # Shapes
    /// - x and output: `[batch, length, width]`
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.w2
            .forward(silu(self.w1.forward(x.clone())) * self.w3.forward(x))
    }
}

/// Puts values computed on the processor on the device.
pub(super) fn upload<const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &Device,
) -> Tensor<D> {
    Tensor::from_data(burn::tensor::TensorData::new(values, shape), device)
}
