//! Tiles against whole pictures, and the memory of a network of full size.

use std::path::Path;

use image2_package::{Component, Format, Layout, Shape, TensorBytes};
use pollster::block_on;
use serde_json::json;

use super::*;
use crate::networks::srvgg::SrvggConfig;
use crate::networks::{UpscalerConfig as _, UpscalerSignature};
use crate::open;
use crate::weights::Weights;

fn devices() -> [Compute; 2] {
    let gpu = block_on(Compute::gpu()).expect("a GPU or a software driver");
    [Compute::cpu(), gpu]
}

fn tiny(compute: &Compute) -> Enlarger {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny");
    open::upscaler(&folder, compute).expect("an upscaler")
}

/// A ring with changing colours on nothing, or a whole picture.
fn sample(side: u32, opaque: bool) -> Picture {
    let pixel = |i: u32| {
        let [y, x] = [i / side, i % side].map(|at| at as f32 - side as f32 / 2.0);
        let away = (x * x + y * y).sqrt() / side as f32;
        let inside = opaque || (0.2..0.42).contains(&away);
        let colour = [x, y, x - y].map(|value| (value * 0.3).sin() * 100.0 + 128.0);
        let [r, g, b] = colour.map(|value| value as u8);
        [r, g, b, if inside { 255 } else { 0 }]
    };
    let rgba = (0..side * side).flat_map(pixel).collect();
    Picture::new(side, side, rgba).expect("a picture")
}

/// The largest difference of premultiplied values, in levels.
fn worst_difference(a: &Picture, b: &Picture) -> f32 {
    let premultiplied = |picture: &Picture| -> Vec<f32> {
        let pixels = picture.rgba().as_chunks::<4>().0.iter();
        let values = pixels.flat_map(|&[r, g, b, alpha]| {
            let alpha = f32::from(alpha);
            [r, g, b]
                .map(|value| f32::from(value) * alpha / 255.0)
                .into_iter()
                .chain([alpha])
        });
        values.collect()
    };
    let pairs = premultiplied(a).into_iter().zip(premultiplied(b));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// All windows reach as far as the network does, so that tiles differ by rounding alone.
#[test]
fn tiles_are_parts_of_the_whole() {
    for compute in devices() {
        let enlarger = tiny(&compute);
        for opaque in [false, true] {
            let picture = sample(60, opaque);
            let place = Placement::contained([60, 60], [240, 250]);
            let enlarge = |window_max| {
                let tiling = Tiling {
                    window_max,
                    ..enlarger.tiling()
                };
                let enlargement = Enlargement::new(picture.clone(), place, tiling, false);
                let [_, tiles] = enlargement.as_ref().expect("a size").tiles();
                let enlarged = enlarger.whole(enlargement.expect("a size"));
                (block_on(enlarged).expect("no fault"), tiles)
            };
            let (whole, one) = enlarge(100);
            for window_max in [20, 33] {
                let (parts, many) = enlarge(window_max);
                assert!(one == 1 && many > 3, "{one}, {many}");
                let worst = worst_difference(&whole, &parts);
                assert!(worst <= 2.0, "{worst} in tiles of {window_max}");
            }
        }
    }
}

/// Zeros of the sizes that the default model's upscaler has.
fn full_size(compute: &Compute) -> Enlarger {
    let config = json!({ "channels": 4, "width": 64, "depth": 16, "scale": 4 });
    let config = SrvggConfig::from_json(&config).expect("valid");
    let mut weights = Weights::new(compute, Component::Upscaler, &[]);
    let mut add = |name: String, dims: &[usize]| {
        let shape = Shape::new(dims).expect("a shape");
        let bytes = TensorBytes {
            shape,
            format: Format::F32,
            layout: Layout::Plain,
            values: &vec![0; 4 * shape.elements()],
            scales: None,
        };
        weights.add(&name, &bytes).expect("a weight that fits");
    };
    for layer in 0..18 {
        let inputs = if layer == 0 { 4 } else { 64 };
        add(format!("body.{}.weight", 2 * layer), &[64, inputs, 3, 3]);
        add(format!("body.{}.bias", 2 * layer), &[64]);
        if layer < 17 {
            add(format!("body.{}.weight", 2 * layer + 1), &[64]);
        }
    }
    let network = config.load(&weights.loader()).expect("a whole network");
    assert_eq!(
        network.signature(),
        UpscalerSignature {
            channels: 4,
            scale: 4,
            margin: 10
        }
    );
    Enlarger::new(network, 4 * 620_000)
}

#[test]
fn the_largest_picture_takes_at_most_400_megabytes() {
    for compute in devices() {
        let enlarger = full_size(&compute);
        let place = Placement::contained([64, 64], [4096, 4096]);
        let picture = Picture::new(64, 64, vec![255; 4 * 64 * 64]).expect("a picture");
        let enlargement = enlarger.enlargement(picture, place).expect("a size");
        let estimate = enlarger.estimate_alone(&enlargement).expect("it fits");
        println!("{estimate:?}");
        assert!(estimate.memory_bytes <= 400_000_000, "{estimate:?}");
        // A large tile takes what was promised.
        let side = enlarger.tiling().window_max as usize;
        block_on(enlarger.try_out([side, side])).expect("no fault");
        let [planned, residents] = enlarger.bytes();
        assert!(planned + residents <= enlarger.tile_bytes());
        assert!(planned > 0 && residents > 0);
    }
}

#[test]
fn passes_are_kept_for_the_next_picture() {
    let [cpu, gpu] = devices();
    for (compute, most) in [(cpu, KEPT_CPU), (gpu, KEPT_GPU)] {
        let enlarger = tiny(&compute);
        let kept = |enlarger: &Enlarger| -> Vec<[usize; 2]> {
            enlarger
                .kept
                .borrow()
                .iter()
                .map(|window| window.size)
                .collect()
        };
        for side in 16..22 {
            block_on(enlarger.try_out([side, 16])).expect("no fault");
        }
        let expected: Vec<_> = (22 - most..22).map(|side| [side, 16]).collect();
        assert_eq!(kept(&enlarger), expected);
    }
}
