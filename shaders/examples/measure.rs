//! How fast the kernels are on this machine's GPU, as shares of what its registers reach.
//!
//!     cargo run --release -p image2-shaders --example measure

use std::sync::Arc;
use std::time::{Duration, Instant};

use image2_package::blocks::{self, Format};
use image2_shaders::graph::{Attention, Linear, Sequence};
use image2_shaders::tuning::{Tile, Tuning};
use image2_shaders::{Compute, Graph, Layer, Matrix, Packed, Resident};
use pollster::block_on;

/// Rows of x, inputs, outputs.
const PRODUCTS: [[usize; 3]; 4] = [
    [176, 256, 768],   // the sketch's qkv, both branches
    [592, 384, 1152],  // image2-mini's
    [592, 1024, 384],  // its MLP's second half
    [2304, 768, 2304], // B/16's at 512²
];
const TILES: [Tile; 5] = [
    Tile {
        rows: 4,
        columns: 4,
    },
    Tile {
        rows: 4,
        columns: 8,
    },
    Tile {
        rows: 6,
        columns: 8,
    },
    Tile {
        rows: 8,
        columns: 4,
    },
    Tile {
        rows: 8,
        columns: 8,
    },
];
/// Time that each measurement takes at least.
const ENOUGH: Duration = Duration::from_millis(300);

fn matrix(compute: &Compute, [rows, columns]: [usize; 2], format: Format) -> Matrix {
    let values: Vec<f32> = (0..rows * columns)
        .map(|i| (i % 17) as f32 / 17.0 - 0.5)
        .collect();
    let blocks = blocks::encode(&values, rows, columns, format).expect("finite values");
    let packed = Packed {
        format,
        rows,
        columns,
        values: &blocks.values,
        scales: &blocks.scale_bytes(),
    };
    Matrix::new(compute, &packed)
}

/// Operations a second of a graph that ends in `output`.
fn rate(graph: &Graph, output: &Resident, tuning: Tuning) -> f64 {
    let executable = graph.compile_with(tuning).expect("no fault");
    let time = |runs: u32| {
        let watch = Instant::now();
        (0..runs).for_each(|_| executable.run());
        block_on(output.read()).expect("no fault");
        watch.elapsed()
    };
    time(1); // compiles
    let mut runs = 1;
    loop {
        let elapsed = time(runs);
        if elapsed >= ENOUGH {
            return graph.flops() as f64 * f64::from(runs) / elapsed.as_secs_f64();
        }
        runs *= 2;
    }
}

fn product(compute: &Compute, [m, k, n]: [usize; 3], format: Format, tile: Tile) -> f64 {
    let mut graph = Graph::new(compute);
    let x = graph.resident(&Resident::zeros(compute, [m, k]));
    let output = Resident::zeros(compute, [m, n]);
    let y = graph.resident(&output);
    graph.push(Linear {
        layer: Arc::new(Layer::new(matrix(compute, [n, k], format))),
        x: graph.rows(x),
        normed: true,
        residual: None,
        y: graph.rows(y),
    });
    rate(
        &graph,
        &output,
        Tuning {
            tile: Some(tile),
            ..Tuning::default()
        },
    )
}

fn attention(compute: &Compute, heads: usize, text: usize, picture: usize) -> f64 {
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
    rate(&graph, &output, Tuning::default())
}

fn main() {
    let compute = block_on(Compute::gpu()).expect("a GPU");
    let peak = block_on(compute.peak_flops())
        .expect("no fault")
        .expect("a GPU");
    println!(
        "{}: peak {:.1} GFLOP/s",
        compute.adapter().unwrap_or("?"),
        peak / 1e9
    );
    let share = |rate: f64| format!("{:7.1} GFLOP/s {:3.0} %", rate / 1e9, 100.0 * rate / peak);
    for (shape, format) in PRODUCTS
        .iter()
        .flat_map(|shape| [Format::Q8, Format::Q4].map(|f| (shape, f)))
    {
        for tile in TILES {
            println!(
                "{shape:?} {:4} {tile:?}: {}",
                format.name(),
                share(product(&compute, *shape, format, tile))
            );
        }
    }
    for (heads, text, picture) in [(4, 24, 64), (6, 40, 256), (12, 128, 1024)] {
        println!(
            "attention, {heads} heads, {} tokens: {}",
            text + picture,
            share(attention(&compute, heads, text, picture))
        );
    }
}
