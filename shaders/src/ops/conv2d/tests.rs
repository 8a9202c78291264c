//! The convolution on every device against scalar arithmetic in 64 bits: every storage format, and
//! shapes that no tile divides.

mod bands;
mod case;

use std::sync::Arc;

use crate::ops::{Conv2d, Image};
use crate::testing::{Weights, compare, gpu, run, values};
use crate::tuning::{Arithmetic, SubgroupMatrix, Tile, Tuning};
use crate::{Compute, Conv2dWeights, Graph, Resident};
use case::{Case, Residual, Way, case};
use image2_package::blocks::Format;

const CASES: [Case; 14] = [
    case([1, 1], [1, 1], [3, 3], 1, [1, 1]), // only padding around
    case([5, 7], [3, 5], [3, 3], 1, [1, 1]), // a picture's channels, nothing whole
    case([9, 11], [4, 64], [3, 3], 1, [1, 1]), // the upscaler's first
    case([8, 8], [64, 64], [3, 3], 1, [1, 1]), // one tile of the kernel, each block in one tap
    case([7, 19], [64, 64], [3, 3], 1, [1, 1]), // the upscaler's others, odd
    case([9, 37], [100, 12], [3, 3], 1, [1, 1]), // more than the processor transforms at once
    case([6, 10], [32, 48], [3, 3], 1, [0, 0]), // no padding
    case([4, 5], [160, 36], [3, 3], 1, [1, 1]), // more channels than the processor transforms
    case([9, 14], [33, 20], [3, 3], 2, [1, 1]), // strided, blocks across taps
    case([12, 10], [32, 32], [3, 3], 2, [0, 1]), // padded on one side, as in U-Nets
    case([6, 7], [96, 40], [1, 1], 1, [0, 0]), // a linear layer
    case([23, 9], [5, 6], [7, 5], 3, [3, 2]), // a patch embedding with overlap
    case([3, 30], [8, 8], [3, 3], 1, [1, 40]), // much padding
    case([5, 4], [8, 8], [3, 3], 1, [2, 3]), // outputs whose input is padding alone
];
const FORMATS: [Format; 4] = [Format::F32, Format::F16, Format::Q8, Format::Q4];

/// Alone, and with bias, PReLU and residual.
fn check(way: &Way, case: &Case, format: Format) {
    let (compute, [deep, out]) = (&way.compute, case.channels);
    let (bias, slopes, before) = (values(out, 2), values(out, 5), values(case.count(), 4));
    let weights = case.weights(format);
    let compare = |own: Conv2dWeights, residual: Residual, expected: &[f64]| {
        let found = way.run(case, &Arc::new(own), &before, residual, [case.lines()]);
        let what = format!("{case:?} in {format:?}, {residual:?}");
        compare(&what, &found, expected, way.tolerance(format, case));
    };
    let own = || Conv2dWeights::new(weights.on(compute), case.kernel);
    let mut expected = case.convolved(&weights, &case.input());
    compare(own(), Residual::None, &expected);
    for (i, value) in expected.iter_mut().enumerate() {
        *value += f64::from(bias[i % out]);
        if *value < 0.0 {
            *value *= f64::from(slopes[i % out]);
        }
        *value += f64::from(before[i]);
    }
    // Drivers take a second for a kernel, so that not every combination is tried.
    let residual = match deep.is_multiple_of(32) {
        true => Residual::Within,
        false => Residual::Other,
    };
    let own = own().with_bias(compute, &bias).with_prelu(compute, &slopes);
    compare(own, residual, &expected);
}

fn all(way: &Way, formats: &[Format]) {
    for (case, format) in CASES
        .iter()
        .flat_map(|case| formats.iter().map(move |&format| (case, format)))
    {
        check(way, case, format);
    }
    assert_eq!(way.compute.check(), Ok(()));
}

fn in_tile(arithmetic: Arithmetic, [rows, columns]: [usize; 2], formats: &[Format]) {
    let tuning = Tuning {
        tile: Some(Tile { rows, columns }),
        arithmetic: Some(arithmetic),
        ..Tuning::default()
    };
    let compute = gpu();
    all(&Way { compute, tuning }, formats);
}

#[test]
fn on_the_processor() {
    all(&Way::of(&Compute::cpu()), &FORMATS);
}

#[test]
fn on_the_gpu() {
    in_tile(Arithmetic::Single, [8, 8], &FORMATS);
    in_tile(Arithmetic::Single, [4, 4], &[Format::Q8]);
}

#[test]
fn on_the_gpu_in_8_bits() {
    in_tile(Arithmetic::Packed, [8, 8], &[Format::Q8, Format::Q4]);
    in_tile(Arithmetic::Packed, [4, 4], &[Format::Q8]);
}

#[test]
fn on_the_gpu_in_f16() {
    let offered = gpu().traits().is_some_and(|traits| traits.half);
    assert!(offered, "the software driver of the tests has f16");
    in_tile(Arithmetic::Half, [8, 8], &[Format::F16, Format::Q8]);
}

/// Emulated: no software driver has subgroup matrices.
#[test]
fn on_the_gpu_by_subgroup_matrices() {
    let of_f16 = SubgroupMatrix {
        m: 16,
        n: 16,
        k: 16,
        half: true,
        lanes: None,
    };
    let way = Arithmetic::SubgroupMatrix(of_f16);
    in_tile(way, [4, 4], &[Format::F16, Format::Q8]);
}

/// Otherwise a fault would look like a valid result.
#[test]
fn nan_and_infinity_propagate_to_all_that_see_them() {
    let gpu = gpu();
    let ways = [Arithmetic::Single, Arithmetic::Half, Arithmetic::Packed];
    for arithmetic in ways {
        let tuning = Tuning {
            arithmetic: Some(arithmetic),
            ..Tuning::default()
        };
        let compute = gpu.clone();
        propagates(&Way { compute, tuning });
    }
    propagates(&Way::of(&Compute::cpu()));
}

/// Whole blocks, and a last block of which only a part is used.
fn propagates(way: &Way) {
    for deep in [64, 4] {
        let case = case([11, 19], [deep, 24], [3, 3], 1, [1, 1]);
        let ([_, out], [_, width]) = (case.channels, case.size);
        let [line, column] = [2, 15];
        let own = Conv2dWeights::new(case.weights(Format::Q8).on(&way.compute), case.kernel);
        let own = Arc::new(own.with_prelu(&way.compute, &values(out, 5)));
        let before = vec![0.0; case.count()];
        for bad in [f32::NAN, f32::INFINITY] {
            let mut x = case.input();
            x[(line * width + column) * deep + 3] = bad;
            let found = way.run_on(&case, &x, &own, &before, Residual::None, [case.lines()]);
            for (pixel, values) in found.chunks_exact(out).enumerate() {
                let apart = [
                    (pixel / width).abs_diff(line),
                    (pixel % width).abs_diff(column),
                ];
                let finite = values.iter().filter(|value| value.is_finite()).count();
                let what = format!("{:?} of {bad}, {apart:?}: {values:?}", way.tuning);
                // The processor transforms four lines at a time.
                let may = way.compute.is_cpu() && apart[0] <= 4;
                if apart.iter().all(|&apart| apart <= 1) {
                    assert_eq!(finite, 0, "{what}");
                } else if !may {
                    assert_eq!(finite, out, "{what}");
                }
            }
        }
    }
}

#[test]
fn images_of_a_batch_lie_one_after_the_other() {
    let case = &CASES[4];
    for compute in [Compute::cpu(), gpu()] {
        let ([deep, out], pixels) = (case.channels, case.size[0] * case.size[1]);
        let x = values(2 * pixels * deep, 1);
        let weights = Conv2dWeights::new(case.weights(Format::F32).on(&compute), case.kernel);
        let weights = Arc::new(weights);
        let mut graph = Graph::new(&compute);
        let output = Resident::zeros(&compute, [2 * pixels, out]);
        let input = graph.resident(&Resident::new(&compute, [2 * pixels, deep], &x));
        let y = graph.resident(&output);
        for first in [0, pixels] {
            let image = |of| Image {
                first,
                ..graph.image(of, case.size)
            };
            graph.push(Conv2d {
                weights: weights.clone(),
                x: image(input),
                stride: case.stride,
                padding: case.padding,
                residual: None,
                y: image(y),
                lines: case.lines(),
            });
        }
        let found = run(&graph, &output);
        let (way, before) = (Way::of(&compute), vec![0.0; case.count()]);
        for (item, x) in x.chunks_exact(pixels * deep).enumerate() {
            let alone = way.run_on(case, x, &weights, &before, Residual::None, [case.lines()]);
            assert!(
                found[item * alone.len()..][..alone.len()] == alone,
                "{item}"
            );
        }
    }
}

#[test]
fn sizes_of_the_output_are_those_of_pytorch() {
    let size = |size, kernel, stride, padding| {
        Conv2d::output_size([size; 2], [kernel; 2], stride, padding)[0]
    };
    assert_eq!(size(64, 3, 1, [1, 1]), 64);
    assert_eq!(size(64, 3, 2, [1, 1]), 32);
    assert_eq!(size(63, 3, 2, [1, 1]), 32);
    assert_eq!(size(64, 3, 2, [0, 1]), 32);
    assert_eq!(size(224, 7, 4, [3, 3]), 56);
    assert_eq!(size(3, 3, 5, [0, 0]), 1);
}

#[test]
#[should_panic(expected = "pixels of the output")]
fn an_output_of_another_size_is_refused() {
    let compute = Compute::cpu();
    let weights = Weights::new(4, 36, Format::F32, 1).on(&compute);
    let mut graph = Graph::new(&compute);
    let [x, y] = [graph.planned(30, 4), graph.planned(30, 4)];
    graph.push(Conv2d {
        weights: Arc::new(Conv2dWeights::new(weights, [3, 3])),
        x: graph.image(x, [5, 6]),
        stride: 1,
        padding: [0, 0],
        residual: None,
        y: graph.image(y, [5, 6]),
        lines: 0..5,
    });
}

#[test]
#[should_panic(expected = "9 taps of 35 columns")]
fn a_matrix_of_broken_taps_is_refused() {
    let weights = Weights::new(4, 35, Format::F32, 1).on(&Compute::cpu());
    let _ = Conv2dWeights::new(weights, [3, 3]);
}
