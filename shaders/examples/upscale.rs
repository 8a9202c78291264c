//! The speed of a compact upscaler's pass on this machine's processor and its GPU: 18 convolutions of
//! 3 × 3 with 64 channels, all but the last with PReLU, and a pixel shuffle by 4, with weights of f16.
//!
//!     cargo run --release -p image2-shaders --example upscale           # of a picture of 64²
//!     cargo run --release -p image2-shaders --example upscale -- 256

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use image2_package::blocks::{self, Format};
use image2_shaders::ops::{Conv2d, PixelShuffle};
use image2_shaders::{Compute, Conv2dWeights, Graph, Resident, Weight, WeightBytes};
use pollster::block_on;

const LAYERS: usize = 18;
const CHANNELS: usize = 4;
const WIDTH: usize = 64;
const FACTOR: usize = 4;
const FORMAT: Format = Format::F16;
/// The least duration of a measurement.
const ENOUGH: Duration = Duration::from_secs(2);

/// A layer that keeps the size of features; its values do not matter otherwise.
fn layer(compute: &Compute, inputs: usize, is_last: bool) -> Conv2dWeights {
    let (outputs, columns) = (WIDTH, 9 * inputs);
    let most = (6.0 / columns as f32).sqrt();
    let value = |i: usize| most * ((i * 7919 % 1013) as f32 / 506.0 - 1.0);
    let values: Vec<f32> = (0..outputs * columns).map(value).collect();
    let blocks = blocks::encode(&values, outputs, columns, FORMAT).expect("finite values");
    let bytes = WeightBytes {
        format: FORMAT,
        rows: outputs,
        columns,
        values: &blocks.values,
        scales: &blocks.scale_bytes(),
    };
    let weights = Conv2dWeights::new(Weight::new(compute, &bytes), [3, 3]);
    let weights = weights.with_bias(compute, &[0.01; WIDTH]);
    match is_last {
        true => weights,
        false => weights.with_prelu(compute, &[0.2; WIDTH]),
    }
}

/// A pass for a picture of `side` squared, and its output.
fn pass(compute: &Compute, side: usize) -> (Graph, Resident) {
    let (size, pixels) = ([side; 2], side * side);
    let mut graph = Graph::new(compute);
    let values: Vec<f32> = (0..pixels * CHANNELS)
        .map(|i| (i as f32 * 0.37).sin())
        .collect();
    let picture = graph.resident(&Resident::new(compute, [pixels, CHANNELS], &values));
    let mut x = picture;
    for number in 1..=LAYERS {
        let inputs = if number == 1 { CHANNELS } else { WIDTH };
        let y = graph.planned(pixels, WIDTH);
        graph.push_in_bands(Conv2d {
            weights: Arc::new(layer(compute, inputs, number == LAYERS)),
            x: graph.image(x, size),
            stride: 1,
            padding: [1, 1],
            residual: None,
            y: graph.image(y, size),
            lines: 0..side,
        });
        x = y;
    }
    let output = Resident::zeros(compute, [pixels * FACTOR * FACTOR, CHANNELS]);
    let y = graph.resident(&output);
    graph.push(PixelShuffle {
        x: graph.image(x, size),
        factor: FACTOR,
        nearest: Some(graph.image(picture, size)),
        y: graph.image(y, size.map(|side| side * FACTOR)),
    });
    (graph, output)
}

fn main() -> Result<(), Box<dyn Error>> {
    let side = std::env::args().nth(1).map(|word| word.parse());
    let side: usize = side.transpose()?.unwrap_or(64);
    for compute in [Compute::cpu(), block_on(Compute::gpu())?] {
        let (graph, output) = pass(&compute, side);
        graph.check(compute.limits())?;
        let executable = graph.compile()?;
        let mut best = Duration::MAX;
        let all = Instant::now();
        // The first run compiles.
        executable.run();
        block_on(output.read())?;
        while all.elapsed() < ENOUGH || best == Duration::MAX {
            let watch = Instant::now();
            executable.run();
            block_on(output.read())?;
            best = best.min(watch.elapsed());
        }
        println!(
            "{}: {:.1} ms, {:.1} GMAC/s, {:.1} MB planned",
            compute.adapter().unwrap_or("processor"),
            1e3 * best.as_secs_f64(),
            graph.flops() as f64 / 2e9 / best.as_secs_f64(),
            graph.planned_bytes() as f64 / 1e6
        );
    }
    Ok(())
}
