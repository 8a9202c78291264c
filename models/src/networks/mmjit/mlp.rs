//! The gated MLP of a stream.

use std::sync::Arc;

use image2_shaders::ops::Linear;
use image2_shaders::{Graph, LinearWeights, Rows};

use super::EPSILON;
use super::config::MmJitConfig;
use super::linear::linear_without_bias;
use crate::error::ModelError;
use crate::weights::Loader;

/// SwiGLU: `w2(silu(w1 x) · w3 x)`.
#[derive(Debug)]
pub(super) struct SwiGlu {
    /// `w1` and `w3`, each `[mlp_hidden, width]`, as one gated layer.
    w1_w3: Arc<LinearWeights>,
    /// `[width, mlp_hidden]`
    w2: Arc<LinearWeights>,
}

impl SwiGlu {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        let (width, hidden) = (config.width, config.mlp_hidden);
        let of = |name: &str| loader.at(name).matrix("weight", [hidden, width]);
        Ok(Self {
            w1_w3: Arc::new(LinearWeights::gated(of("w1")?, of("w3")?)),
            w2: linear_without_bias(loader, "w2", [width, hidden])?,
        })
    }

    /// `hidden = silu(w1 (norm x)) · w3 (norm x)`
    ///
    /// # Shapes
    /// - x: `[rows, width]`
    /// - hidden: `[rows, mlp_hidden]`
    pub(super) fn up(&self, graph: &mut Graph, x: Rows, hidden: Rows) {
        graph.push(Linear {
            weights: self.w1_w3.clone(),
            x,
            rms_norm: Some(EPSILON),
            residual: None,
            y: hidden,
        });
    }

    /// `x += w2 hidden`
    ///
    /// # Shapes
    /// - hidden: `[rows, mlp_hidden]`
    /// - x: `[rows, width]`
    pub(super) fn down(&self, graph: &mut Graph, hidden: Rows, x: Rows) {
        graph.push(Linear {
            weights: self.w2.clone(),
            x: hidden,
            rms_norm: None,
            residual: Some(x),
            y: x,
        });
    }
}
