//! A small package with every format and layout, and its parts.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::Path;

use image2_package::manifest::{Channels, Method, Picture, Sampler, Tokenizer};
use image2_package::{About, Format, Manifest, PackageWriter, Shape, blocks};

pub fn about() -> About {
    About {
        name: "test-model".into(),
        title: "Test “model”".into(),
        architecture: "mm-jit".into(),
        config: serde_json::json!({ "width": 40, "depth": [1, 2] }),
        picture: Picture {
            channels: Channels::Rgba,
            premultiplied: true,
            range: [-1.0, 1.0],
            noise_scale: 1.5,
        },
        tokenizer: Tokenizer {
            kind: "words".into(),
            file: "tokenizer.json".into(),
            length: 24,
        },
        sampler: Sampler {
            method: Method::Heun,
            steps: 20,
            guidance: 3.0,
            guidance_interval: [0.1, 1.0],
        },
        licence: "MIT OR Apache-2.0".into(),
        notices: Some("NOTICES.txt".into()),
    }
}

pub fn shape(dims: &[usize]) -> Shape {
    Shape::new(dims).expect("a small shape")
}

/// Weights between -1 and 1 without a pattern that a block could hide.
pub fn numbers(count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| (i as f32 * 12.9898).sin() * (0.5 + (i as f32 * 0.37).cos() * 0.5))
        .collect()
}

/// Odd sizes on purpose: f16 scales and vectors of odd length need padding.
pub const MATRICES: [(&str, Format, usize, usize); 4] = [
    ("blocks.0.q4.weight", Format::Q4, 7, 33),
    ("blocks.0.q8.weight", Format::Q8, 5, 70),
    ("blocks.0.f16.weight", Format::F16, 3, 32),
    ("blocks.0.f32.weight", Format::F32, 2, 5),
];

pub fn write_package(dir: &Path) -> Manifest {
    let mut writer = PackageWriter::create(dir).expect("an empty folder");
    writer
        .add_file("tokenizer.json", br#"{"words":["a","b"]}"#)
        .expect("a file");
    for (name, format, rows, cols) in MATRICES {
        let blocks = blocks::encode(&numbers(rows * cols), rows, cols, format).expect("finite");
        writer
            .add_blocks(name, shape(&[rows, cols]), &blocks)
            .expect("a matrix");
    }
    writer
        .add_plain("norm.bias", shape(&[7]), &numbers(7), Format::F16)
        .expect("a vector");
    writer
        .add_plain("mask", shape(&[3, 2, 1]), &numbers(6), Format::F32)
        .expect("a table");
    writer
        .add_file("NOTICES.txt", b"Copyright the authors")
        .expect("a file");
    writer.finish(about()).expect("a package")
}

/// A safetensors file as others write them.
pub fn safetensors(entries: &[(&str, &str, &[usize], Vec<u8>)]) -> Vec<u8> {
    let mut text = String::from(r#"{"__metadata__":{"format":"pt"}"#);
    let mut data = Vec::new();
    for (name, dtype, shape, bytes) in entries {
        let (from, to) = (data.len(), data.len() + bytes.len());
        text += &format!(
            r#","{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{from},{to}]}}"#
        );
        data.extend_from_slice(bytes);
    }
    text.push('}');
    [
        &(text.len() as u64).to_le_bytes()[..],
        text.as_bytes(),
        &data,
    ]
    .concat()
}

pub fn f32_bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}
