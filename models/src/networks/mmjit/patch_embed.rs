//! From patches to tokens.

use std::sync::Arc;

use image2_shaders::ops::Linear;
use image2_shaders::{Graph, LinearWeights, Rows};

use super::config::MmJitConfig;
use super::linear::{linear, linear_without_bias};
use crate::error::ModelError;
use crate::weights::Loader;

/// Patches through a bottleneck: `proj2(proj1(patch)) + position`. Upstream states both as
/// convolutions whose stride is their kernel; on patches laid out in rows they are plain products.
#[derive(Debug)]
pub(super) struct PatchEmbed {
    /// `[bottleneck, (channels + condition) × patch × patch]`
    proj1: Arc<LinearWeights>,
    /// `[width, bottleneck]`
    proj2: Arc<LinearWeights>,
}

impl PatchEmbed {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        let values = (config.channels + config.condition) * config.patch * config.patch;
        Ok(Self {
            proj1: linear_without_bias(loader, "proj1", [config.bottleneck, values])?,
            proj2: linear(loader, "proj2", [config.width, config.bottleneck])?,
        })
    }

    /// # Shapes
    /// - x: `[patches or batch × patches, (channels + condition) × patch²]`; fewer rows repeat
    /// - positions: `[patches, width]`
    /// - img: `[batch × patches, width]`
    pub(super) fn record(&self, graph: &mut Graph, x: Rows, positions: Rows, img: Rows) {
        let narrow = graph.planned(x.count, self.proj1.outputs());
        let narrow = graph.rows(narrow);
        graph.push(Linear {
            weights: self.proj1.clone(),
            x,
            rms_norm: None,
            residual: None,
            y: narrow,
        });
        graph.push(Linear {
            weights: self.proj2.clone(),
            x: narrow,
            rms_norm: None,
            residual: Some(positions),
            y: img,
        });
    }
}
