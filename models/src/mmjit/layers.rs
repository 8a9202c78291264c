//! Loading of the layers that both kinds of block are made of.

use std::sync::Arc;

use image2_shaders::LinearWeights;

use super::config::MmJitConfig;
use crate::error::ModelError;
use crate::loader::Loader;

/// The ε of every RMS norm, as upstream.
pub(super) const EPSILON: f32 = 1e-6;

/// `W x + b`.
pub(super) fn linear(
    loader: &Loader<'_>,
    name: &str,
    [out, input]: [usize; 2],
) -> Result<Arc<LinearWeights>, ModelError> {
    let at = loader.at(name);
    let weight = at.matrix("weight", [out, input])?;
    let bias = at.values("bias", &[out])?;
    Ok(Arc::new(LinearWeights::with_bias(
        loader.compute(),
        weight,
        &bias,
    )))
}

/// `W x`.
pub(super) fn linear_without_bias(
    loader: &Loader<'_>,
    name: &str,
    [out, input]: [usize; 2],
) -> Result<Arc<LinearWeights>, ModelError> {
    let weight = loader.at(name).matrix("weight", [out, input])?;
    Ok(Arc::new(LinearWeights::new(weight)))
}

/// Gated MLP: `w2(silu(w1 x) · w3 x)`.
#[derive(Debug)]
pub(super) struct SwiGlu {
    /// `w1` and `w3`.
    pub gate: Arc<LinearWeights>,
    pub w2: Arc<LinearWeights>,
}

impl SwiGlu {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        let (width, hidden) = (config.width, config.mlp_hidden);
        let of = |name: &str| loader.at(name).matrix("weight", [hidden, width]);
        Ok(Self {
            gate: Arc::new(LinearWeights::gated(of("w1")?, of("w3")?)),
            w2: linear_without_bias(loader, "w2", [width, hidden])?,
        })
    }
}
