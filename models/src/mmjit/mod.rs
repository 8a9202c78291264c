//! MM-JiT: a double-stream transformer directly on pixels.
//!
//! After JiT (arXiv 2511.13720) and MiniT2I (`PeppaKing8/minit2i-jax`): no latent space, no
//! timestep input. The network sees the noisy picture and the text, and predicts the clean
//! picture. One type serves every size: channels, grid, text source and depths are configured.

mod blocks;
mod config;
mod embed;
mod layers;
pub(crate) mod patches;
mod positions;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use image2_shaders::ops::{Linear, Sequence};
use image2_shaders::{Compute, Executable, Graph, LinearWeights, Resident, Rows};

pub use config::{MmJitConfig, TextConfig};
pub use embed::Text;

use crate::error::ModelError;
use crate::loader::Loader;
use blocks::{JointBlock, TextBlock, Tokens};
use embed::{PatchEmbed, TextEmbedder};
use layers::{EPSILON, linear};

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

/// Text on its way into the joint blocks: independent of picture and step, so done once a prompt.
#[derive(Debug)]
pub struct TextEncoder {
    /// `[texts × text_length, size of a token's features]`
    input: Resident,
    /// `[texts × text_length, width]`
    output: Resident,
    /// None where the input is the output.
    pub(crate) pass: Option<Executable>,
}

impl MmJit {
    /// Reads every weight of the network.
    ///
    /// # Errors
    /// If a tensor is missing, has another shape, or cannot be read.
    pub fn load(loader: &Loader<'_>, config: MmJitConfig) -> Result<Self, ModelError> {
        config.validate()?;
        let final_layer = [config.patch * config.patch * config.channels, config.width];
        Ok(Self {
            img_embedder: PatchEmbed::load(&loader.at("img_embedder"), &config)?,
            txt_embedder: TextEmbedder::load(loader, &config)?,
            txt_preamble_blocks: (0..config.preamble)
                .map(|i| {
                    TextBlock::load(
                        &loader.at("txt_preamble_blocks").at(&i.to_string()),
                        &config,
                    )
                })
                .collect::<Result<_, _>>()?,
            double_blocks: (0..config.depth)
                .map(|i| JointBlock::load(&loader.at("double_blocks").at(&i.to_string()), &config))
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

    /// Where it computes.
    #[must_use]
    pub fn compute(&self) -> &Compute {
        &self.compute
    }

    /// Prepares the embedder and the text-only blocks for so many texts at a time.
    ///
    /// # Errors
    /// The device's faults.
    pub fn text_encoder(&self, texts: usize) -> Result<TextEncoder, ModelError> {
        let (encoder, graph) = self.text_graph(texts);
        let pass = graph.map(|graph| graph.compile()).transpose()?;
        Ok(TextEncoder { pass, ..encoder })
    }

    /// The encoder without its pass, and what that computes; nothing where the input is the output.
    pub(crate) fn text_graph(&self, texts: usize) -> (TextEncoder, Option<Graph>) {
        let config = &self.config;
        let rows = texts * config.text_length;
        let input = Resident::zeros(&self.compute, [rows, self.txt_embedder.size()]);
        let projection = self.txt_embedder.projection();
        if projection.is_none() && self.txt_preamble_blocks.is_empty() {
            let encoder = TextEncoder {
                output: input.clone(),
                input,
                pass: None,
            };
            return (encoder, None);
        }
        let output = Resident::zeros(&self.compute, [rows, config.width]);
        let mut graph = Graph::new(&self.compute);
        let x = graph.resident(&input);
        let mut x = graph.rows(x);
        let stream = graph.resident(&output);
        if let Some(projection) = projection {
            graph.push(Linear {
                weights: projection.clone(),
                x,
                rms_norm: None,
                residual: None,
                y: graph.rows(stream),
            });
            x = graph.rows(stream);
        }
        let sequence = Sequence {
            text: [0, config.text_length],
            picture: [rows, 0],
            batch: texts,
        };
        let table = positions::text_table(config.text_length, config.head_dim).repeat(texts);
        let angles = Resident::new(&self.compute, [rows, config.head_dim], &table);
        let angles = graph.resident(&angles);
        let tokens = Tokens::new(&mut graph, config, sequence, angles, stream);
        for block in &self.txt_preamble_blocks {
            block.record(&mut graph, &tokens, x);
            x = graph.rows(stream);
        }
        let encoder = TextEncoder {
            input,
            output,
            pass: None,
        };
        (encoder, Some(graph))
    }

    /// Features of texts for [`TextEncoder::run`].
    ///
    /// # Errors
    /// [`ModelError::Text`] if a text does not fit the model.
    pub fn text_features(&self, texts: &[Text]) -> Result<Vec<f32>, ModelError> {
        self.txt_embedder.features(texts)
    }

    /// Adds one pass to a graph: the prediction of the clean pictures.
    ///
    /// A network with condition channels also reads what is given: the first of them is a mask, 1
    /// where the picture is known and kept, 0 where it is not, −1 where the rest is a reference
    /// (another picture of the same things); the others are the known picture, 0 where there is
    /// none. Columns of `x` that are left out count as zeros: a picture from text alone.
    ///
    /// # Shapes
    /// - x: `[patches or batch × patches, channels × patch² (+ condition × patch²)]`, each patch
    ///   channel by channel; fewer rows repeat
    /// - txt: `[batch × text_length, width]`, from [`TextEncoder::output`]
    /// - clean: `[batch × patches, patch² × channels]`, each patch pixel by pixel
    ///
    /// # Panics
    /// If a shape does not fit.
    pub fn record(&self, graph: &mut Graph, x: Rows, txt: Rows, clean: Rows, size: [usize; 2]) {
        let config = &self.config;
        let tokens = self.tokens(graph, txt.count / config.text_length, size);
        let img = tokens.img(graph, tokens.stream);
        self.embed(graph, x, img, size);
        let mut source = txt;
        for (i, block) in self.double_blocks.iter().enumerate() {
            block.record(graph, &tokens, source, i + 1 == config.depth);
            source = tokens.txt(graph, tokens.stream);
        }
        graph.push(Linear {
            weights: self.final_layer.clone(),
            x: img,
            rms_norm: Some(EPSILON),
            residual: None,
            y: clean,
        });
    }

    /// Makes room in a graph for what [`Self::record`] predicts.
    ///
    /// # Panics
    /// If `size` is not whole patches.
    #[must_use]
    pub fn room(&self, graph: &mut Graph, batch: usize, size: [usize; 2]) -> Rows {
        let [rows, columns] = self.grid(size);
        let clean = graph.planned(batch * rows * columns, self.final_layer.outputs());
        graph.rows(clean)
    }

    /// Rows and columns of patches in a picture of `[height, width]` pixels.
    ///
    /// # Panics
    /// If a side is not a multiple of the patch.
    #[must_use]
    pub fn grid(&self, size: [usize; 2]) -> [usize; 2] {
        let patch = self.config.patch;
        assert!(
            size.iter().all(|side| side.is_multiple_of(patch)),
            "{size:?} is not whole patches of {patch}"
        );
        size.map(|side| side / patch)
    }

    fn tokens(&self, graph: &mut Graph, batch: usize, size: [usize; 2]) -> Tokens {
        let (config, grid) = (&self.config, self.grid(size));
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
        Tokens::new(graph, config, sequence, angles, stream)
    }

    fn embed(&self, graph: &mut Graph, x: Rows, img: Rows, size: [usize; 2]) {
        let grid = self.grid(size);
        let table = positions::sincos_2d(grid, self.config.width);
        let shape = [grid[0] * grid[1], self.config.width];
        let positions = graph.resident(&Resident::new(&self.compute, shape, &table));
        let positions = graph.rows(positions);
        self.img_embedder.record(graph, x, positions, img);
    }
}

impl TextEncoder {
    /// Encodes the features of its number of texts.
    ///
    /// # Panics
    /// If there are more.
    pub fn run(&self, features: &[f32]) {
        self.input.write(0, features);
        if let Some(pass) = &self.pass {
            pass.run();
        }
    }

    /// `[texts × text_length, width]`
    #[must_use]
    pub fn output(&self) -> &Resident {
        &self.output
    }
}
