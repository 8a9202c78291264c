//! Graphs of one operation, in sizes of real networks.

use std::sync::Arc;

use image2_package::blocks::{self, Format};
use image2_shaders::ops::{Attention, Linear, Sequence};
use image2_shaders::{Compute, Graph, LinearWeights, Resident, Weight, WeightBytes};

fn weight(compute: &Compute, [rows, columns]: [usize; 2], format: Format) -> Weight {
    let values: Vec<f32> = (0..rows * columns)
        .map(|i| (i % 17) as f32 / 17.0 - 0.5)
        .collect();
    let blocks = blocks::encode(&values, rows, columns, format).expect("finite values");
    let bytes = WeightBytes {
        format,
        rows,
        columns,
        values: &blocks.values,
        scales: &blocks.scale_bytes(),
    };
    Weight::new(compute, &bytes)
}

/// A product of normalized rows: rows of x, inputs and outputs; and its output.
pub fn product(compute: &Compute, [m, k, n]: [usize; 3], format: Format) -> (Graph, Resident) {
    let mut graph = Graph::new(compute);
    let x = graph.resident(&Resident::zeros(compute, [m, k]));
    let output = Resident::zeros(compute, [m, n]);
    let y = graph.resident(&output);
    graph.push(Linear {
        weights: Arc::new(LinearWeights::new(weight(compute, [n, k], format))),
        x: graph.rows(x),
        rms_norm: Some(1e-6),
        residual: None,
        y: graph.rows(y),
    });
    (graph, output)
}

/// Attention of both branches with heads of 64 features over tokens of text and picture; and its
/// output.
pub fn attention(compute: &Compute, [heads, text, picture]: [usize; 3]) -> (Graph, Resident) {
    let (batch, head_dim) = (2, 64);
    let sequence = Sequence {
        text: [0, text],
        picture: [batch * text, picture],
        batch,
    };
    let rows = batch * sequence.length();
    let output = Resident::zeros(compute, [rows, heads * head_dim]);
    let mut graph = Graph::new(compute);
    let op = Attention {
        qkv: graph.resident(&Resident::zeros(compute, [rows, 3 * heads * head_dim])),
        out: graph.resident(&output),
        heads,
        head_dim,
        sequence,
        pictures_only: false,
    };
    graph.push(op);
    (graph, output)
}
