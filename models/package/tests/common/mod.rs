//! A small package with every format and layout, and its parts.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use image2_package::about::{Channels, Denoiser, Picture, Sizes, Text, Tokenizer, Upscaler};
use image2_package::sampler::Sampler;
use image2_package::{
    About, Component, Components, Format, Knows, Layout, Manifest, Method, PackageWriter, Shape,
    blocks,
};

pub fn about() -> About {
    let picture = |range| Picture {
        channels: Channels::Rgba,
        premultiplied: true,
        range,
    };
    About {
        name: "test-model".into(),
        title: "Test “model”".into(),
        licence: "MIT OR Apache-2.0".into(),
        notices: Some("NOTICES.txt".into()),
        components: Components {
            denoiser: Some(Denoiser {
                architecture: "mm-jit".into(),
                config: serde_json::json!({ "width": 40, "depth": [1, 2] }),
                picture: picture([-1.0, 1.0]),
                noise_scale: 1.5,
                sizes: Some(Sizes {
                    height: 64,
                    width: 48,
                    multiple: 8,
                    side_min: 16,
                    side_max: 96,
                    area_max: 5000,
                }),
                sampler: Sampler {
                    method: Method::Heun,
                    steps: 3,
                    times: Some(vec![0.0, 0.25, 0.6, 1.0]),
                    guidance: 3.0,
                    guidance_interval: [0.1, 1.0],
                },
            }),
            text: Some(Text {
                tokenizer: Tokenizer {
                    kind: "words".into(),
                    file: "tokenizer.json".into(),
                    length: 24,
                },
            }),
            upscaler: Some(Upscaler {
                architecture: "srvgg".into(),
                config: serde_json::json!({ "width": 8 }),
                picture: picture([0.0, 1.0]),
                scale: 4,
                passes: 3,
            }),
        },
        knows: Some(Knows {
            vocabulary: Some("vocabulary.json".into()),
            looks: vec!["3d".into(), "flat".into()],
            colours: vec!["red".into(), "light blue".into()],
            scenes: false,
            grounds: false,
            masks: true,
            references: true,
        }),
    }
}

/// A description without the files of [`write_package`].
pub fn bare() -> About {
    let mut about = about();
    (about.notices, about.knows, about.components.text) = (None, None, None);
    about
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

/// A convolution's weights, which no block divides.
pub const KERNEL: [usize; 4] = [3, 5, 3, 2];

pub fn write_package(dir: &Path) -> Manifest {
    let mut writer = PackageWriter::create(dir).expect("an empty folder");
    writer
        .add_file("tokenizer.json", br#"{"words":["a","b"]}"#)
        .expect("a file");
    writer
        .add_file(
            "vocabulary.json",
            br#"{"subjects":["cat"],"synonyms":{"kitty":"cat"}}"#,
        )
        .expect("a file");
    for (name, format, rows, cols) in MATRICES {
        let blocks = blocks::encode(&numbers(rows * cols), rows, cols, format).expect("finite");
        writer
            .add_blocks(Component::Denoiser, name, shape(&[rows, cols]), &blocks)
            .expect("a matrix");
    }
    for (name, dims, format) in [
        ("norm.bias", &[7][..], Format::F16),
        ("mask", &[3, 2, 1], Format::F32),
    ] {
        let shape = shape(dims);
        writer
            .add_plain(
                Component::Denoiser,
                name,
                shape,
                &numbers(shape.elements()),
                format,
            )
            .expect("a vector");
    }
    // The same name as one of the denoiser's.
    writer
        .add_plain(
            Component::Upscaler,
            "norm.bias",
            shape(&[3]),
            &numbers(3),
            Format::F16,
        )
        .expect("a vector");
    let [out, inputs, height, width] = KERNEL;
    let matrix = ohwi(&numbers(out * inputs * height * width));
    let columns = inputs * height * width;
    let blocks = blocks::encode(&matrix, out, columns, Format::Q8).expect("finite");
    writer
        .add_tensor(
            Component::Upscaler,
            "conv.weight",
            shape(&KERNEL),
            Format::Q8,
            Layout::Ohwi,
            |sink| {
                sink.write(&blocks.values)?;
                Ok(blocks.scales.clone())
            },
        )
        .expect("a convolution");
    writer
        .add_file("NOTICES.txt", b"Copyright the authors")
        .expect("a file");
    writer.finish(about()).expect("a package")
}

/// PyTorch's `permute(0, 2, 3, 1)` of a tensor of the shape [`KERNEL`].
pub fn ohwi(tensor: &[f32]) -> Vec<f32> {
    let [out, inputs, height, width] = KERNEL;
    let mut permuted = Vec::new();
    for o in 0..out {
        for y in 0..height {
            for x in 0..width {
                permuted.extend(
                    (0..inputs).map(|i| tensor[((o * inputs + i) * height + y) * width + x]),
                );
            }
        }
    }
    permuted
}

/// A package in the form of a version, as committed when that version was made.
pub fn golden(version: u64) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/v{version}"))
}

/// Every file of a folder by name.
pub fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        (name.into_owned(), fs::read(&path).expect("a file"))
    };
    folder.read_dir().expect("a folder").map(read).collect()
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
