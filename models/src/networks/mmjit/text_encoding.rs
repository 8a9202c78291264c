//! The text's way into the joint blocks: embedder and text-only blocks.

use image2_shaders::ops::{Linear, Sequence};
use image2_shaders::{Graph, Resident};

use super::activations::Activations;
use super::{MmJit, positions};
use crate::networks::TextEncoding;

impl MmJit {
    /// The encoding of so many texts: projection where the features are an external encoder's, then
    /// the text-only blocks.
    ///
    /// # Shapes
    /// - input: `[texts × text_length, size of a token's features]`
    /// - output: `[texts × text_length, width]`
    pub(super) fn encode(&self, texts: usize) -> TextEncoding {
        let config = &self.config;
        let rows = texts * config.text_length;
        let input = Resident::zeros(&self.compute, [rows, self.txt_embedder.size()]);
        let projection = self.txt_embedder.projection();
        if projection.is_none() && self.txt_preamble_blocks.is_empty() {
            return TextEncoding {
                output: input.clone(),
                input,
                graph: None,
            };
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
        let activations = Activations::new(&mut graph, config, sequence, angles, stream);
        for block in &self.txt_preamble_blocks {
            block.record(&mut graph, &activations, x);
            x = graph.rows(stream);
        }
        TextEncoding {
            input,
            output,
            graph: Some(graph),
        }
    }
}
