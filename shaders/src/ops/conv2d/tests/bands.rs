//! Bands of lines, and images that exceed a binding.

use std::ops::Range;
use std::sync::Arc;

use super::case::{Case, Residual, Way, case};
use crate::ir::{Excess, Limits};
use crate::ops::Conv2d;
use crate::testing::{gpu, values};
use crate::{Compute, Conv2dWeights, Graph};
use image2_package::blocks::Format;

const CASES: [Case; 4] = [
    case([7, 19], [64, 64], [3, 3], 1, [1, 1]),
    case([9, 14], [33, 20], [3, 3], 2, [1, 1]),
    case([12, 10], [32, 32], [3, 3], 2, [0, 1]),
    case([5, 4], [8, 8], [3, 3], 1, [2, 3]), // the first line's input is padding alone
];

fn weights(compute: &Compute, case: &Case) -> Arc<Conv2dWeights> {
    let matrix = case.weights(Format::Q8).on(compute);
    Arc::new(Conv2dWeights::new(matrix, case.kernel))
}

/// The whole convolution, of tensors that exist within a run only.
fn planned(graph: &mut Graph, compute: &Compute, case: &Case) -> Conv2d {
    let [deep, out] = case.channels;
    let [x, y] = [(case.size, deep), (case.outputs(), out)]
        .map(|(size, channels)| (graph.planned(size[0] * size[1], channels), size))
        .map(|(id, size)| graph.image(id, size));
    Conv2d {
        weights: weights(compute, case),
        x,
        stride: case.stride,
        padding: case.padding,
        residual: None,
        y,
        lines: case.lines(),
    }
}

/// A band depends on no other, and changes no other's lines.
#[test]
fn bands_are_independent() {
    for (compute, case) in [gpu(), Compute::cpu()]
        .iter()
        .flat_map(|compute| CASES.iter().map(move |case| (compute, case)))
    {
        let (way, before) = (Way::of(compute), values(case.count(), 4));
        let weights = weights(compute, case);
        let run =
            |bands: Vec<Range<usize>>| way.run(case, &weights, &before, Residual::Within, bands);
        let (lines, line) = (case.lines(), case.count() / case.outputs()[0]);
        let whole = run(vec![lines.clone()]);
        way.compare_bands(case, &run(vec![2..lines.end, 0..2]), &whole);
        let last_line = lines.end - 1..lines.end;
        let edge = last_line.start * line;
        let last = run(vec![last_line]);
        way.compare_bands(case, &last[edge..], &whole[edge..]);
        assert!(last[..edge] == before[..edge], "{case:?}");
        assert_eq!(compute.check(), Ok(()));
    }
}

/// As on a device whose bindings hold little: the bands are as many as necessary, bind no more than
/// they may, and together give the same image.
#[test]
fn an_image_larger_than_a_binding_is_computed_in_bands() {
    // Input lines of a band, and the output lines that they allow.
    for (compute, (case, input, output)) in [gpu(), Compute::cpu()]
        .iter()
        .flat_map(|compute| [(&CASES[0], 5, 3), (&CASES[1], 5, 2)].map(|case| (compute, case)))
    {
        let limits = Limits {
            binding_bytes: 4 * (input * case.size[1] * case.channels[0]) as u64 + 256,
            ..compute.limits()
        };
        let mut graph = Graph::new(compute);
        let op = planned(&mut graph, compute, case);
        let bands: Vec<Conv2d> = op.in_bands(graph.ir().tensors(), limits).collect();
        let lines: Vec<Range<usize>> = bands.iter().map(|band| band.lines.clone()).collect();
        assert_eq!(
            lines.len(),
            case.lines().len().div_ceil(output),
            "{lines:?}"
        );
        bands.into_iter().for_each(|band| graph.push(band));
        assert_eq!(graph.check(limits), Ok(()));
        let (way, before) = (Way::of(compute), values(case.count(), 4));
        let weights = weights(compute, case);
        let run =
            |bands: Vec<Range<usize>>| way.run(case, &weights, &before, Residual::Other, bands);
        way.compare_bands(case, &run(lines), &run(vec![case.lines()]));
    }
}

#[test]
fn an_image_that_fits_is_one_band() {
    let compute = Compute::cpu();
    let mut graph = Graph::new(&compute);
    let op = planned(&mut graph, &compute, &CASES[0]);
    let limits = Limits {
        binding_bytes: 4 * 7 * 19 * 64,
        ..compute.limits()
    };
    assert_eq!(op.in_bands(graph.ir().tensors(), limits).count(), 1);
}

#[test]
fn an_image_of_too_long_lines_is_refused() {
    let compute = Compute::cpu();
    let mut graph = Graph::new(&compute);
    let op = planned(&mut graph, &compute, &CASES[0]);
    let limits = Limits {
        binding_bytes: 4000,
        ..compute.limits()
    };
    let bands: Vec<Conv2d> = op.in_bands(graph.ir().tensors(), limits).collect();
    assert_eq!(bands.len(), 7);
    bands.into_iter().for_each(|band| graph.push(band));
    let refused = graph.check(limits);
    assert!(
        matches!(refused, Err(Excess::Buffer { limit: 4000, .. })),
        "{refused:?}"
    );
}
