//! MM-JiT: a double-stream transformer directly on pixels.
//!
//! After JiT (arXiv 2511.13720) and MiniT2I (`PeppaKing8/minit2i-jax`): no latent space, no
//! timestep input. The network reads the noisy picture and the text, and predicts the clean
//! picture. One type serves every size: channels, grid, text source and depths are configured.
//!
//! # Names
//! Fields mirror the checkpoint's names. The exceptions:
//!
//! | Here | Checkpoint or upstream |
//! |---|---|
//! | `MmJitConfig::width` | `hidden_size` |
//! | `MmJitConfig::bottleneck` | `pca_channels` |
//! | `Stream` of `TextBlock` | `txt_preamble_blocks.N.` without prefix |
//! | `JointBlock::img`, `JointBlock::txt` | prefixes `img_`, `txt_` in `double_blocks.N.` |
//! | `SwiGlu::w1_w3` | `w1.weight` and `w3.weight`, one gated layer |
//! | `MmJit::final_layer` | `final_layer.linear` |
//! | `txt_embedder` with `TextConfig::Table` | a table of tokens where upstream projects features |

mod activations;
mod blocks;
mod config;
mod linear;
mod mlp;
mod patch_embed;
mod positions;
mod stream;
#[cfg(test)]
mod tests;
mod text_embedder;
mod text_encoding;

use std::sync::Arc;

use image2_shaders::ops::{Linear, QkNormRope, Sequence};
use image2_shaders::{Compute, Graph, LinearWeights, Resident, Rows};

pub use config::{MmJitConfig, TextConfig};

use super::{Demand, Network, NetworkConfig, Signature, Text, TextEncoding};
use crate::error::ModelError;
use crate::weights::Loader;
use activations::Activations;
use blocks::{JointBlock, TextBlock};
use linear::linear;
use patch_embed::PatchEmbed;
use text_embedder::TextEmbedder;

/// Added to mean squares before the root.
const EPSILON: f32 = 1e-6;

/// The network with its weights on a device.
#[derive(Debug)]
pub struct MmJit {
    config: MmJitConfig,
    compute: Compute,
    img_embedder: PatchEmbed,
    txt_embedder: TextEmbedder,
    txt_preamble_blocks: Vec<TextBlock>,
    double_blocks: Vec<JointBlock>,
    /// `[patch × patch × channels, width]`, after a norm.
    final_layer: Arc<LinearWeights>,
}

impl MmJit {
    /// Takes every weight of the network.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn load(loader: &Loader<'_>, config: MmJitConfig) -> Result<Self, ModelError> {
        config.validate()?;
        let final_layer = [config.patch * config.patch * config.channels, config.width];
        let at = |list: &str, i: usize| loader.at(list).at(&i.to_string());
        Ok(Self {
            img_embedder: PatchEmbed::load(&loader.at("img_embedder"), &config)?,
            txt_embedder: TextEmbedder::load(loader, &config)?,
            txt_preamble_blocks: (0..config.preamble)
                .map(|i| TextBlock::load(&at("txt_preamble_blocks", i), &config))
                .collect::<Result<_, _>>()?,
            double_blocks: (0..config.depth)
                .map(|i| JointBlock::load(&at("double_blocks", i), &config))
                .collect::<Result<_, _>>()?,
            final_layer: linear(&loader.at("final_layer"), "linear", final_layer)?,
            compute: loader.compute().clone(),
            config,
        })
    }

    /// The network's sizes.
    #[must_use]
    pub fn config(&self) -> &MmJitConfig {
        &self.config
    }

    fn activations(&self, graph: &mut Graph, batch: usize, size: [usize; 2]) -> Activations {
        let (config, grid) = (&self.config, self.signature().grid(size));
        let patches = grid[0] * grid[1];
        let sequence = Sequence {
            text: [0, config.text_length],
            picture: [batch * config.text_length, patches],
            batch,
        };
        let mut table = positions::text_table(config.text_length, config.head_dim).repeat(batch);
        table.extend(positions::picture_table(grid, config.head_dim).repeat(batch));
        let rows = batch * sequence.length();
        let angles = Resident::new(&self.compute, [rows, config.head_dim], &table);
        let angles = graph.resident(&angles);
        let stream = graph.planned(rows, config.width);
        Activations::new(graph, config, sequence, angles, stream)
    }

    /// # Shapes
    /// - x: as of [`Network::record`]
    /// - img: `[batch × patches, width]`
    fn embed(&self, graph: &mut Graph, x: Rows, img: Rows, size: [usize; 2]) {
        let grid = self.signature().grid(size);
        let table = positions::sincos_2d(grid, self.config.width);
        let shape = [grid[0] * grid[1], self.config.width];
        let positions = graph.resident(&Resident::new(&self.compute, shape, &table));
        let positions = graph.rows(positions);
        self.img_embedder.record(graph, x, positions, img);
    }
}

impl Network for MmJit {
    fn signature(&self) -> Signature {
        self.config.signature()
    }

    fn compute(&self) -> &Compute {
        &self.compute
    }

    /// The widest tensor holds queries, keys and values, or the hidden features of the MLP, or the
    /// prediction.
    fn demand(&self, batch: usize, size: [usize; 2]) -> Demand {
        let (config, signature) = (&self.config, self.signature());
        let rows = batch * (signature.patches(size) + config.text_length);
        let widest = config
            .mlp_hidden
            .max(3 * config.width)
            .max(signature.patch_values());
        Demand {
            buffer_bytes: (rows as u64)
                .saturating_mul(widest as u64)
                .saturating_mul(size_of::<f32>() as u64),
            workgroups: QkNormRope::workgroups(rows, config.heads)[0],
        }
    }

    fn text_encoding(&self, texts: usize) -> TextEncoding {
        self.encode(texts)
    }

    fn text_features(&self, texts: &[Text]) -> Result<Vec<f32>, ModelError> {
        self.txt_embedder.features(texts)
    }

    fn prediction(&self, graph: &mut Graph, batch: usize, size: [usize; 2]) -> Rows {
        let patches = self.signature().patches(size);
        let clean = graph.planned(batch * patches, self.final_layer.outputs());
        graph.rows(clean)
    }

    fn record(&self, graph: &mut Graph, x: Rows, txt: Rows, clean: Rows, size: [usize; 2]) {
        let config = &self.config;
        let activations = self.activations(graph, txt.count / config.text_length, size);
        let img = activations.img(graph, activations.stream);
        self.embed(graph, x, img, size);
        let mut source = txt;
        for (i, block) in self.double_blocks.iter().enumerate() {
            block.record(graph, &activations, source, i + 1 == config.depth);
            source = activations.txt(graph, activations.stream);
        }
        graph.push(Linear {
            weights: self.final_layer.clone(),
            x: img,
            rms_norm: Some(EPSILON),
            residual: None,
            y: clean,
        });
    }
}
