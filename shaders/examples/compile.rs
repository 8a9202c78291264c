//! Compiles one kernel on this machine's GPU, or on an emulated device, so that the driver's listing
//! can be read; see `bench/compilers/`.
//!
//!     cargo run -p image2-shaders --example compile -- product q8 single 8x8
//!     cargo run -p image2-shaders --example compile -- attention half subgroups

mod common;

use std::error::Error;

use image2_package::blocks::Format;
use image2_shaders::tuning::{Arithmetic, Tile, Tuning};
use image2_shaders::{Compute, Graph};
use pollster::block_on;

/// Rows of x, inputs, outputs: B/16's qkv at 512².
const PRODUCT: [usize; 3] = [2304, 768, 2304];
/// Heads, tokens of text, tokens of the picture: its attention.
const ATTENTION: [usize; 3] = [12, 128, 1024];

type Refusal = Box<dyn Error>;

fn arithmetic(word: &str) -> Result<Arithmetic, Refusal> {
    match word {
        "single" => Ok(Arithmetic::Single),
        "half" => Ok(Arithmetic::Half),
        "packed" => Ok(Arithmetic::Packed),
        _ => Err(format!("no arithmetic: {word}").into()),
    }
}

fn product(compute: &Compute, format: &str, way: &str, tile: &str) -> Result<(), Refusal> {
    let format = match format {
        "q4" => Format::Q4,
        "q8" => Format::Q8,
        "f16" => Format::F16,
        "f32" => Format::F32,
        _ => return Err(format!("no format: {format}").into()),
    };
    let (rows, columns) = tile.split_once('x').ok_or("a tile is named 8x8")?;
    let tile = Tile {
        rows: rows.parse()?,
        columns: columns.parse()?,
    };
    let tuning = Tuning {
        tile: Some(tile),
        arithmetic: Some(arithmetic(way)?),
        ..Tuning::default()
    };
    let (graph, _) = common::product(compute, PRODUCT, format);
    compile(&graph, tuning)
}

fn attention(compute: &Compute, way: &str, subgroups: bool) -> Result<(), Refusal> {
    let tuning = Tuning {
        arithmetic: Some(arithmetic(way)?),
        subgroups: Some(subgroups),
        ..Tuning::default()
    };
    let (graph, _) = common::attention(compute, ATTENTION);
    compile(&graph, tuning)
}

/// The last kernel that the driver compiles: loading weights compiles none of ours.
fn compile(graph: &Graph, tuning: Tuning) -> Result<(), Refusal> {
    graph.compile_with(tuning)?.run();
    Ok(())
}

fn main() -> Result<(), Refusal> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let compute = block_on(Compute::gpu())?;
    let traits = compute.traits().ok_or("not a GPU")?;
    eprintln!("{}, {traits:?}", compute.adapter().unwrap_or("?"));
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["product", format, way, tile] => product(&compute, format, way, tile),
        ["attention", way] => attention(&compute, way, false),
        ["attention", way, "subgroups"] => attention(&compute, way, true),
        _ => Err("which kernel? See the top of this file.".into()),
    }
}
