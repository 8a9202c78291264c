//! The speed of the kernels on this machine's GPU, relative to its peak rate: each product in every
//! arithmetic and tile, the fastest first, beside the choice of the table in `src/tuning/table.rs`.
//! Where the two differ, the table needs a change.
//!
//!     cargo run --release -p image2-shaders --example measure             # all choices
//!     cargo run --release -p image2-shaders --example measure -- --chosen # the table's alone

mod common;

use std::time::{Duration, Instant};

use image2_package::blocks::Format;
use image2_shaders::tuning::{Arithmetic, Tile, Traits, Tuning};
use image2_shaders::{Compute, Graph, Resident};
use pollster::block_on;

/// Rows of x, inputs, outputs.
const PRODUCTS: [[usize; 3]; 4] = [
    [176, 256, 768],   // the sketch's qkv, both branches
    [592, 384, 1152],  // image2-mini's
    [592, 1024, 384],  // its MLP's second half
    [2304, 768, 2304], // B/16's at 512²
];
/// Heads, tokens of text, tokens of the picture.
const ATTENTIONS: [[usize; 3]; 3] = [[4, 24, 64], [6, 40, 256], [12, 128, 1024]];
const TILES: [Tile; 3] = [
    Tile {
        rows: 4,
        columns: 4,
    },
    Tile {
        rows: 4,
        columns: 8,
    },
    Tile {
        rows: 8,
        columns: 8,
    },
];
/// The least duration of a measurement.
const ENOUGH: Duration = Duration::from_millis(300);

/// Operations a second of a graph that writes `output`.
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

fn product(compute: &Compute, shape: [usize; 3], format: Format, tuning: Tuning) -> f64 {
    let (graph, output) = common::product(compute, shape, format);
    rate(&graph, &output, tuning)
}

fn attention(compute: &Compute, shape: [usize; 3], tuning: Tuning) -> f64 {
    let (graph, output) = common::attention(compute, shape);
    rate(&graph, &output, tuning)
}

/// The arithmetic that a device offers.
fn offered(traits: Traits) -> Vec<Arithmetic> {
    let all = [
        (Arithmetic::Single, true),
        (Arithmetic::Half, traits.half),
        (Arithmetic::Packed, traits.packed),
    ];
    all.into_iter()
        .filter_map(|(arithmetic, there)| there.then_some(arithmetic))
        .collect()
}

fn main() {
    let compute = block_on(Compute::gpu()).expect("a GPU");
    let traits = compute.traits().expect("a GPU");
    let peak = block_on(compute.peak_flops())
        .expect("no fault")
        .expect("a GPU");
    println!(
        "{}, {traits:?}: peak {:.1} GFLOP/s in registers",
        compute.adapter().unwrap_or("?"),
        peak / 1e9
    );
    let only_chosen = std::env::args().any(|argument| argument == "--chosen");
    let share = |rate: f64| format!("{:8.1} GFLOP/s {:4.0} %", rate / 1e9, 100.0 * rate / peak);
    for (shape, format) in PRODUCTS
        .iter()
        .flat_map(|shape| [Format::Q8, Format::Q4].map(|f| (shape, f)))
    {
        let mut choices = Vec::new();
        for (arithmetic, tile) in offered(traits)
            .into_iter()
            .flat_map(|arithmetic| TILES.map(|tile| (arithmetic, tile)))
            .filter(|_| !only_chosen)
        {
            let tuning = Tuning {
                tile: Some(tile),
                arithmetic: Some(arithmetic),
                ..Tuning::default()
            };
            choices.push((product(&compute, *shape, format, tuning), arithmetic, tile));
        }
        choices.sort_by(|a, b| b.0.total_cmp(&a.0));
        let chosen = product(&compute, *shape, format, Tuning::default());
        println!(
            "{shape:?} {}: {} as the table chooses",
            format.name(),
            share(chosen)
        );
        for (rate, arithmetic, Tile { rows, columns }) in choices {
            println!("    {arithmetic:?} {rows} x {columns}: {}", share(rate));
        }
    }
    for shape in ATTENTIONS {
        let [heads, text, picture] = shape;
        println!("attention, {heads} heads, {} tokens", text + picture);
        for (arithmetic, subgroups) in offered(traits)
            .into_iter()
            .filter(|arithmetic| *arithmetic != Arithmetic::Packed)
            .flat_map(|arithmetic| [(arithmetic, false), (arithmetic, true)])
            .filter(|(_, subgroups)| !subgroups || traits.subgroups)
        {
            let tuning = Tuning {
                arithmetic: Some(arithmetic),
                subgroups: Some(subgroups),
                ..Tuning::default()
            };
            println!(
                "    {arithmetic:?}{}: {}",
                if subgroups { " with subgroups" } else { "" },
                share(attention(&compute, shape, tuning))
            );
        }
    }
}
