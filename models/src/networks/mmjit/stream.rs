//! The layers of one stream of a block: projections around the attention, then an MLP.

use std::sync::Arc;

use image2_shaders::ops::Linear;
use image2_shaders::{Graph, LinearWeights, Rows};

use super::EPSILON;
use super::config::MmJitConfig;
use super::linear::linear;
use super::mlp::SwiGlu;
use crate::error::ModelError;
use crate::weights::Loader;

/// `x += attn_proj(attention(qkv(norm x)))`, `x += mlp(norm x)`.
#[derive(Debug)]
pub(super) struct Stream {
    /// `[3 × width, width]`
    qkv: Arc<LinearWeights>,
    /// `[width, width]`
    attn_proj: Arc<LinearWeights>,
    mlp: SwiGlu,
}

impl Stream {
    /// The layers whose names start with `prefix`.
    pub(super) fn load(
        loader: &Loader<'_>,
        prefix: &str,
        config: &MmJitConfig,
    ) -> Result<Self, ModelError> {
        let width = config.width;
        let name = |part: &str| format!("{prefix}{part}");
        Ok(Self {
            qkv: linear(loader, &name("qkv"), [3 * width, width])?,
            attn_proj: linear(loader, &name("attn_proj"), [width, width])?,
            mlp: SwiGlu::load(&loader.at(&name("mlp")), config)?,
        })
    }

    /// `qkv = W (norm x) + b`
    ///
    /// # Shapes
    /// - x: `[rows, width]`
    /// - qkv: `[rows, 3 × width]`
    pub(super) fn qkv(&self, graph: &mut Graph, x: Rows, qkv: Rows) {
        graph.push(Linear {
            weights: self.qkv.clone(),
            x,
            rms_norm: Some(EPSILON),
            residual: None,
            y: qkv,
        });
    }

    /// `y = x + W attended + b`
    ///
    /// # Shapes
    /// - attended, x, y: `[rows, width]`
    pub(super) fn out_proj(&self, graph: &mut Graph, attended: Rows, x: Rows, y: Rows) {
        graph.push(Linear {
            weights: self.attn_proj.clone(),
            x: attended,
            rms_norm: None,
            residual: Some(x),
            y,
        });
    }

    /// The first half of the MLP; see [`SwiGlu::up`].
    pub(super) fn mlp_up(&self, graph: &mut Graph, x: Rows, hidden: Rows) {
        self.mlp.up(graph, x, hidden);
    }

    /// The second half of the MLP; see [`SwiGlu::down`].
    pub(super) fn mlp_down(&self, graph: &mut Graph, hidden: Rows, x: Rows) {
        self.mlp.down(graph, hidden, x);
    }
}
