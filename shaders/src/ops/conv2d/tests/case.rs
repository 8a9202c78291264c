//! Convolutions to test, and their result in scalar arithmetic.

use std::ops::Range;
use std::sync::Arc;

use crate::ops::Conv2d;
use crate::testing::{Weights, compare, run_with, values};
use crate::tuning::{Arithmetic, SubgroupMatrix, Tuning};
use crate::{Compute, Conv2dWeights, Graph, Resident};
use image2_package::blocks::Format;

/// Height and width, channels in and out, height and width of the kernel, stride, padding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub size: [usize; 2],
    pub channels: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: usize,
    pub padding: [usize; 2],
}

pub(super) const fn case(
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

impl Case {
    pub(super) fn outputs(&self) -> [usize; 2] {
        Conv2d::output_size(self.size, self.kernel, self.stride, self.padding)
    }

    /// Lines of the output.
    pub(super) fn lines(&self) -> Range<usize> {
        0..self.outputs()[0]
    }

    /// Values of the output.
    pub(super) fn count(&self) -> usize {
        self.outputs().iter().product::<usize>() * self.channels[1]
    }

    pub(super) fn columns(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.channels[0]
    }

    pub(super) fn input(&self) -> Vec<f32> {
        values(self.size[0] * self.size[1] * self.channels[0], 1)
    }

    pub(super) fn weights(&self, format: Format) -> Weights {
        Weights::new(self.channels[1], self.columns(), format, 3)
    }

    /// Whether the processor computes it by Winograd's method. Transformed weights are rounded to 2047
    /// levels of the largest, which is 9/4 of the largest weight; the sum of 9 terms for each channel,
    /// with a standard deviation of 2/√3 for each transformed pixel, then has the error of inputs that
    /// are rounded by 1/1500. More than 64 channels leave half as many levels.
    fn is_transformed(&self, format: Format) -> bool {
        let few = self.channels[0] <= 128;
        self.kernel == [3, 3] && self.stride == 1 && few && format != Format::F32
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

    /// The convolution alone, in 64 bits.
    pub(super) fn convolved(&self, weights: &Weights, x: &[f32]) -> Vec<f64> {
        let ([_, width], [_, out]) = (self.outputs(), self.channels);
        let sum = |i: usize| {
            let pixel = i / out;
            weights.dot(i % out, &self.patch(x, [pixel / width, pixel % width]))
        };
        (0..self.count()).map(sum).collect()
    }
}

/// An addition to the convolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Residual {
    None,
    Within,
    Other,
}

/// A device and the choice of its kernels.
pub(super) struct Way {
    pub compute: Compute,
    pub tuning: Tuning,
}

impl Way {
    pub(super) fn of(compute: &Compute) -> Self {
        Self {
            compute: compute.clone(),
            tuning: Tuning::default(),
        }
    }

    /// The largest rounding error of a value of x before it is multiplied, if the largest of its block
    /// is one.
    fn rounding(&self, format: Format, case: &Case) -> f64 {
        let arithmetic = self.tuning.arithmetic.unwrap_or(Arithmetic::Single);
        let quantized = format.has_scales();
        match arithmetic {
            _ if self.compute.is_cpu() && case.is_transformed(format) => match case.channels[0] {
                ..=64 => 1.0 / 1500.0,
                _ => 1.0 / 750.0,
            },
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
    pub(super) fn tolerance(&self, format: Format, case: &Case) -> f64 {
        let k = (case.columns() + 2) as f64;
        let rounding = self.rounding(format, case);
        f64::from(f32::EPSILON) * k * 2.0 + 6.0 * rounding * (k / 3.0).sqrt()
    }

    /// Checks lines that were computed in different bands: equal, except that the processor rounds the
    /// input at the scale of the band where it transforms it.
    #[track_caller]
    pub(super) fn compare_bands(&self, case: &Case, found: &[f32], expected: &[f32]) {
        let tolerance = match self.compute.is_cpu() && case.is_transformed(Format::Q8) {
            true => self.tolerance(Format::Q8, case),
            false => 0.0,
        };
        let expected: Vec<f64> = expected.iter().map(|&value| value.into()).collect();
        compare(&format!("{case:?} in bands"), found, &expected, tolerance);
    }

    /// The output, computed in these bands of lines. `before`: the output until then, and the residual.
    pub(super) fn run(
        &self,
        case: &Case,
        weights: &Arc<Conv2dWeights>,
        before: &[f32],
        residual: Residual,
        bands: impl IntoIterator<Item = Range<usize>>,
    ) -> Vec<f32> {
        self.run_on(case, &case.input(), weights, before, residual, bands)
    }

    /// As [`Self::run`], of another input.
    pub(super) fn run_on(
        &self,
        case: &Case,
        x: &[f32],
        weights: &Arc<Conv2dWeights>,
        before: &[f32],
        residual: Residual,
        bands: impl IntoIterator<Item = Range<usize>>,
    ) -> Vec<f32> {
        let ([deep, out], size) = (case.channels, case.outputs());
        let of = |values: &[f32], channels: usize| {
            Resident::new(&self.compute, [values.len() / channels, channels], values)
        };
        let (input, output) = (of(x, deep), of(before, out));
        let mut graph = Graph::new(&self.compute);
        let [x, y] = [&input, &output].map(|it| graph.resident(it));
        let residual = match residual {
            Residual::None => None,
            Residual::Within => Some(y),
            Residual::Other => Some(graph.resident(&of(before, out))),
        };
        for lines in bands {
            graph.push(Conv2d {
                weights: weights.clone(),
                x: graph.image(x, case.size),
                stride: case.stride,
                padding: case.padding,
                residual: residual.map(|id| graph.image(id, size)),
                y: graph.image(y, size),
                lines,
            });
        }
        run_with(&graph, &output, self.tuning)
    }
}
