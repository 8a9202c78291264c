//! The convolution on every device against scalar arithmetic in 64 bits: every storage format, and
//! shapes that no tile divides.

use std::ops::Range;
use std::sync::Arc;

use crate::ir::{Excess, Limits};
use crate::ops::{Conv2d, Image};
use crate::testing::{Weights, compare, gpu, run_with, values};
use crate::tuning::{Arithmetic, SubgroupMatrix, Tile, Tuning};
use crate::{Compute, Conv2dWeights, Graph, Resident};
use image2_package::blocks::Format;

/// A convolution: height and width, channels in and out, height and width of the kernel, stride,
/// padding.
#[derive(Clone, Copy, Debug)]
struct Case {
    size: [usize; 2],
    channels: [usize; 2],
    kernel: [usize; 2],
    stride: usize,
    padding: [usize; 2],
}

const fn case(
    size: [usize; 2],
    channels: [usize; 2],
    kernel: [usize; 2],
    stride: usize,
    padding: [usize; 2],
) -> Case {
    Case {
        size,
        channels,
        kernel,
        stride,
        padding,
    }
}

const CASES: [Case; 13] = [
    case([1, 1], [1, 1], [3, 3], 1, [1, 1]), // only padding around
    case([5, 7], [3, 5], [3, 3], 1, [1, 1]), // a picture's channels, nothing whole
    case([9, 11], [4, 64], [3, 3], 1, [1, 1]), // the upscaler's first
    case([8, 8], [64, 64], [3, 3], 1, [1, 1]), // one tile of the kernel, each block in one tap
    case([7, 19], [64, 64], [3, 3], 1, [1, 1]), // the upscaler's others, odd
    case([9, 37], [100, 12], [3, 3], 1, [1, 1]), // more than the processor transforms at once
    case([6, 10], [32, 48], [3, 3], 1, [0, 0]), // no padding
    case([4, 5], [160, 36], [3, 3], 1, [1, 1]), // more blocks than one tile's
    case([9, 14], [33, 20], [3, 3], 2, [1, 1]), // strided, blocks across taps
    case([12, 10], [32, 32], [3, 3], 2, [0, 1]), // padded on one side, as before a smaller U-Net level
    case([6, 7], [96, 40], [1, 1], 1, [0, 0]),   // a linear layer
    case([23, 9], [5, 6], [7, 5], 3, [3, 2]),    // a patch embedding with overlap
    case([5, 4], [8, 8], [3, 3], 1, [2, 3]),     // outputs whose input is padding alone
];

impl Case {
    fn outputs(&self) -> [usize; 2] {
        Conv2d::output_size(self.size, self.kernel, self.stride, self.padding)
    }

    /// Whether the processor computes it by Winograd's method. Transformed weights are rounded to 2047
    /// levels of the largest, which is 9/4 of the largest weight; the sum of 9 terms for each channel,
    /// with a standard deviation of 2/√3 for each transformed pixel, then has the error of inputs that
    /// are rounded by 1/1500. More than 64 channels leave half as many levels.
    fn is_transformed(&self) -> bool {
        self.kernel == [3, 3] && self.stride == 1 && self.channels[0] <= 128
    }

    fn columns(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.channels[0]
    }

    /// The input of output pixel `[i, j]`, tap by tap, from an image of these values.
    fn patch(&self, x: &[f32], [i, j]: [usize; 2]) -> Vec<f32> {
        let [height, width] = self.size;
        let [deep, _] = self.channels;
        let taps = (0..self.kernel[0]).flat_map(|u| (0..self.kernel[1]).map(move |v| [u, v]));
        taps.flat_map(|[u, v]| {
            let line = (i * self.stride + u) as isize - self.padding[0] as isize;
            let column = (j * self.stride + v) as isize - self.padding[0] as isize;
            (0..deep).map(move |channel| {
                let inside =
                    (0..height as isize).contains(&line) && (0..width as isize).contains(&column);
                match inside {
                    true => x[(line as usize * width + column as usize) * deep + channel],
                    false => 0.0,
                }
            })
        })
        .collect()
    }
}

/// Additions to the convolution.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Residual {
    None,
    Within,
    Other,
}

/// A device and the choice of its kernels.
struct Way {
    compute: Compute,
    tuning: Tuning,
}

impl Way {
    /// The largest rounding error of a value of x before it is multiplied, if the largest of its block
    /// is one.
    fn rounding(&self, format: Format, case: &Case) -> f64 {
        let arithmetic = self.tuning.arithmetic.unwrap_or(Arithmetic::Single);
        let quantized = format.has_scales();
        match arithmetic {
            _ if self.compute.is_cpu() && case.is_transformed() => {
                1.0 / if case.channels[0] > 64 { 740.0 } else { 1500.0 }
            }
            _ if self.compute.is_cpu() && quantized => 1.0 / 65_534.0,
            _ if self.compute.is_cpu() => 0.0,
            Arithmetic::Packed if quantized => 1.0 / 254.0,
            // Of x and of the weights, 2^-12 each at one.
            Arithmetic::Half | Arithmetic::SubgroupMatrix(SubgroupMatrix { half: true, .. }) => {
                1.0 / 2048.0
            }
            Arithmetic::Single | Arithmetic::Packed | Arithmetic::SubgroupMatrix(_) => 0.0,
        }
    }

    /// Rounding of a sum in f32 of k products of magnitude about one, in any order; and six standard
    /// deviations of the sum of the inputs' independent rounding errors.
    fn tolerance(&self, format: Format, case: &Case) -> f64 {
        let k = (case.columns() + 2) as f64;
        f64::from(f32::EPSILON) * k * 2.0 + 6.0 * self.rounding(format, case) * (k / 3.0).sqrt()
    }

    /// Checks lines that were computed in different bands: equal, except that the processor rounds the
    /// input at the scale of the band where it transforms it.
    #[track_caller]
    fn compare_bands(&self, case: &Case, found: &[f32], expected: &[f32]) {
        let tolerance = match self.compute.is_cpu() && case.is_transformed() {
            true => self.tolerance(Format::Q8, case),
            false => 0.0,
        };
        let expected: Vec<f64> = expected.iter().map(|&value| value.into()).collect();
        compare(&format!("{case:?} in bands"), found, &expected, tolerance);
    }

    /// The output, computed in these bands of lines.
    fn run(
        &self,
        case: &Case,
        weights: &Arc<Conv2dWeights>,
        x: &[f32],
        before: &[f32],
        residual: Residual,
        bands: impl IntoIterator<Item = Range<usize>>,
    ) -> Vec<f32> {
        let ([deep, out], size) = (case.channels, case.outputs());
        let pixels = size[0] * size[1];
        let mut graph = Graph::new(&self.compute);
        let [input, output] = [
            Resident::new(&self.compute, [x.len() / deep, deep], x),
            Resident::new(&self.compute, [pixels, out], before),
        ];
        let [x, y] = [&input, &output].map(|it| graph.resident(it));
        let other = graph.resident(&Resident::new(&self.compute, [pixels, out], before));
        let image = |graph: &Graph, of| graph.image(of, size);
        for lines in bands {
            graph.push(Conv2d {
                weights: weights.clone(),
                x: graph.image(x, case.size),
                stride: case.stride,
                padding: case.padding,
                residual: match residual {
                    Residual::None => None,
                    Residual::Within => Some(image(&graph, y)),
                    Residual::Other => Some(image(&graph, other)),
                },
                y: image(&graph, y),
                lines,
            });
        }
        run_with(&graph, &output, self.tuning)
    }
}

/// Alone, and with bias, PReLU and residual.
fn plain(way: &Way, formats: &[Format]) {
    let compute = &way.compute;
    for (case, format) in CASES
        .iter()
        .flat_map(|case| formats.iter().map(move |&format| (case, format)))
    {
        let ([deep, out], size) = (case.channels, case.outputs());
        let pixels = size[0] * size[1];
        let (x, bias) = (
            values(case.size[0] * case.size[1] * deep, 1),
            values(out, 2),
        );
        let (slopes, before) = (values(out, 5), values(pixels * out, 4));
        let weights = Weights::new(out, case.columns(), format, 3);
        // Drivers take a second for a kernel, so that not every combination is tried.
        let residual = match deep.is_multiple_of(32) {
            true => Residual::Within,
            false => Residual::Other,
        };
        for (fused, residual) in [(false, Residual::None), (true, residual)] {
            let own = Conv2dWeights::new(weights.on(compute), case.kernel);
            let own = match fused {
                true => own.with_bias(compute, &bias).with_prelu(compute, &slopes),
                false => own,
            };
            let expected: Vec<f64> = (0..pixels * out)
                .map(|i| {
                    let (pixel, channel) = (i / out, i % out);
                    let patch = case.patch(&x, [pixel / size[1], pixel % size[1]]);
                    let mut value = weights.dot(channel, &patch);
                    if fused {
                        value += f64::from(bias[channel]);
                        value *= if value < 0.0 {
                            f64::from(slopes[channel])
                        } else {
                            1.0
                        };
                        value += f64::from(before[i]);
                    }
                    value
                })
                .collect();
            let found = way.run(case, &Arc::new(own), &x, &before, residual, [0..size[0]]);
            compare(
                &format!("{case:?} in {format:?}, fused: {fused}, {residual:?}"),
                &found,
                &expected,
                way.tolerance(format, case),
            );
        }
    }
}

/// A band depends on no other, and changes no other's lines.
fn in_bands(way: &Way) {
    for case in [&CASES[4], &CASES[8], &CASES[9], &CASES[12]] {
        let ([deep, out], size) = (case.channels, case.outputs());
        let pixels = size[0] * size[1];
        let (x, before) = (
            values(case.size[0] * case.size[1] * deep, 1),
            values(pixels * out, 4),
        );
        let weights = Weights::new(out, case.columns(), Format::Q8, 3).on(&way.compute);
        let weights = Arc::new(Conv2dWeights::new(weights, case.kernel));
        let run = |bands: &[Range<usize>]| {
            way.run(
                case,
                &weights,
                &x,
                &before,
                Residual::Within,
                bands.iter().cloned(),
            )
        };
        let (whole, edge) = (run(&[0..size[0]]), (size[0] - 1) * size[1] * out);
        let [halves, last] = [run(&[2..size[0], 0..2]), run(&[size[0] - 1..size[0]])];
        way.compare_bands(case, &halves, &whole);
        way.compare_bands(case, &last[edge..], &whole[edge..]);
        assert!(last[..edge] == before[..edge], "{case:?}");
    }
}

fn all(compute: &Compute, tuning: Tuning, formats: &[Format]) {
    let way = Way {
        compute: compute.clone(),
        tuning,
    };
    plain(&way, formats);
    in_bands(&way);
    assert_eq!(compute.check(), Ok(()));
}

fn in_tile(arithmetic: Arithmetic, [rows, columns]: [usize; 2], formats: &[Format]) {
    let tuning = Tuning {
        tile: Some(Tile { rows, columns }),
        arithmetic: Some(arithmetic),
        ..Tuning::default()
    };
    all(&gpu(), tuning, formats);
}

const FORMATS: [Format; 4] = [Format::F32, Format::F16, Format::Q8, Format::Q4];

#[test]
fn on_the_processor() {
    all(&Compute::cpu(), Tuning::default(), &FORMATS);
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
    let case = &case([11, 19], [64, 24], [3, 3], 1, [1, 1]);
    let ways = [Arithmetic::Single, Arithmetic::Half, Arithmetic::Packed];
    let ways = ways.map(|arithmetic| (&gpu, Some(arithmetic)));
    for (compute, arithmetic) in ways.into_iter().chain([(&Compute::cpu(), None)]) {
        for bad in [f32::NAN, f32::INFINITY] {
            let ([deep, out], [height, width]) = (case.channels, case.size);
            let mut x = values(height * width * deep, 1);
            let [line, column] = [2, 17];
            x[(line * width + column) * deep + 9] = bad;
            let weights = Weights::new(out, case.columns(), Format::Q8, 3);
            let own = Conv2dWeights::new(weights.on(compute), case.kernel);
            let own = own.with_prelu(compute, &values(out, 5));
            let way = Way {
                compute: compute.clone(),
                tuning: Tuning {
                    arithmetic,
                    ..Tuning::default()
                },
            };
            let before = vec![0.0; height * width * out];
            let found = way.run(
                case,
                &Arc::new(own),
                &x,
                &before,
                Residual::None,
                [0..height],
            );
            for (pixel, values) in found.chunks_exact(out).enumerate() {
                let [i, j] = [pixel / width, pixel % width];
                if i.abs_diff(line) <= 1 && j.abs_diff(column) <= 1 {
                    let valid = values.iter().any(|value| value.is_finite());
                    assert!(!valid, "{arithmetic:?} of {bad} at {i}, {j}: {values:?}");
                } else if i.abs_diff(line) > 4 {
                    assert!(values.iter().all(|value| value.is_finite()));
                }
            }
        }
    }
}

/// As on a device whose bindings hold little: the bands are as many as necessary, bind no more than
/// they may, and together give the same image.
#[test]
fn an_image_larger_than_a_binding_is_computed_in_bands() {
    for (compute, case) in [gpu(), Compute::cpu()]
        .iter()
        .flat_map(|compute| [(compute, &CASES[4]), (compute, &CASES[8])])
    {
        let ([deep, out], size) = (case.channels, case.outputs());
        let pixels = size[0] * size[1];
        let (x, before) = (
            values(case.size[0] * case.size[1] * deep, 1),
            values(pixels * out, 4),
        );
        let weights = Weights::new(out, case.columns(), Format::F16, 3).on(compute);
        let weights = Arc::new(Conv2dWeights::new(weights, case.kernel));
        let mut graph = Graph::new(compute);
        let [input, y] = [(case.size, deep), (size, out)]
            .map(|(size, channels)| graph.planned(size[0] * size[1], channels));
        let op = Conv2d {
            weights: weights.clone(),
            x: graph.image(input, case.size),
            stride: case.stride,
            padding: case.padding,
            residual: None,
            y: graph.image(y, size),
            lines: 0..size[0],
        };
        // Five lines of the input.
        let limits = Limits {
            binding_bytes: 4 * (5 * case.size[1] * deep) as u64 + 256,
            ..compute.limits()
        };
        let bands: Vec<Conv2d> = op.in_bands(graph.ir().tensors(), limits).collect();
        let lines: Vec<Range<usize>> = bands.iter().map(|band| band.lines.clone()).collect();
        let height = match case.stride {
            1 => 3,
            _ => 2,
        };
        assert_eq!(lines.len(), size[0].div_ceil(height), "{lines:?}");
        bands.into_iter().for_each(|band| graph.push(band));
        assert_eq!(graph.check(limits), Ok(()));
        let whole = 0..size[0];
        let way = Way {
            compute: compute.clone(),
            tuning: Tuning::default(),
        };
        let run =
            |bands: Vec<Range<usize>>| way.run(case, &weights, &x, &before, Residual::Other, bands);
        way.compare_bands(case, &run(lines), &run(vec![whole]));
    }
}

#[test]
fn an_image_of_too_long_lines_is_refused() {
    let compute = Compute::cpu();
    let weights = Weights::new(4, 36, Format::F32, 1).on(&compute);
    let mut graph = Graph::new(&compute);
    let [x, y] = [graph.planned(600, 4), graph.planned(600, 4)];
    let op = Conv2d {
        weights: Arc::new(Conv2dWeights::new(weights, [3, 3])),
        x: graph.image(x, [6, 100]),
        stride: 1,
        padding: [1, 1],
        residual: None,
        y: graph.image(y, [6, 100]),
        lines: 0..6,
    };
    let limits = Limits {
        binding_bytes: 4000,
        ..compute.limits()
    };
    let bands: Vec<Conv2d> = op.in_bands(graph.ir().tensors(), limits).collect();
    assert_eq!(bands.len(), 6);
    bands.into_iter().for_each(|band| graph.push(band));
    let refused = graph.check(limits);
    assert!(
        matches!(refused, Err(Excess::Buffer { limit: 4000, .. })),
        "{refused:?}"
    );
}

#[test]
fn images_of_a_batch_lie_one_after_the_other() {
    let compute = Compute::cpu();
    let case = &CASES[1];
    let ([deep, out], pixels) = (case.channels, case.size[0] * case.size[1]);
    let x = values(2 * pixels * deep, 1);
    let weights = Weights::new(out, case.columns(), Format::F32, 3).on(&compute);
    let weights = Arc::new(Conv2dWeights::new(weights, case.kernel));
    let mut graph = Graph::new(&compute);
    let output = Resident::zeros(&compute, [2 * pixels, out]);
    let input = graph.resident(&Resident::new(&compute, [2 * pixels, deep], &x));
    let y = graph.resident(&output);
    for first in [0, pixels] {
        let image = |of| Image {
            first,
            ..graph.image(of, case.size)
        };
        let op = Conv2d {
            weights: weights.clone(),
            x: image(input),
            stride: case.stride,
            padding: case.padding,
            residual: None,
            y: image(y),
            lines: 0..case.size[0],
        };
        graph.push(op);
    }
    let found = run_with(&graph, &output, Tuning::default());
    let way = Way {
        compute,
        tuning: Tuning::default(),
    };
    for (item, x) in x.chunks_exact(pixels * deep).enumerate() {
        let alone = way.run(
            case,
            &weights,
            x,
            &vec![0.0; pixels * out],
            Residual::None,
            [0..case.size[0]],
        );
        assert_eq!(found[item * pixels * out..][..pixels * out], alone);
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
