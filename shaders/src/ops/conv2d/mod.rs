//! Convolution in two dimensions with what surrounds it: `y = prelu(W ∗ x + bias) + residual`.
//!
//! ```text
//! (W ∗ x)[i, j, o] = Σ over u, v, c of W[o, u, v, c] · x[i · stride + u − before, j · stride + v − before, c]
//! ```
//!
//! Pixels outside of `x` are zeros. Bias and slopes have a value for each output channel; all three of
//! bias, PReLU and residual are optional.
//!
//! An operation computes a band of lines of its output, because an image may be larger than what a GPU
//! binds at once: see [`Conv2d::in_bands`].

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(feature = "gpu")]
mod kernel;
#[cfg(all(test, feature = "cpu", feature = "gpu"))]
mod tests;
mod weights;

use std::ops::Range;
use std::sync::Arc;

pub use weights::Conv2dWeights;

use super::Image;
use crate::ir::{BINDING_ALIGNMENT, DType, Limits, Operation, TensorId, Tensors};
use crate::tuning::Tile;

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct Conv2d {
    /// The weights.
    pub weights: Arc<Conv2dWeights>,
    /// The input.
    pub x: Image,
    /// Input pixels from one output pixel to the next, in both dimensions.
    pub stride: usize,
    /// Lines and columns of zeros before the input and after it, in both dimensions.
    pub padding: [usize; 2],
    /// Added to the output; may be `y` itself.
    pub residual: Option<Image>,
    /// The output, of [`Conv2d::output_size`]; another tensor than `x`.
    pub y: Image,
    /// The lines of `y` that are computed.
    pub lines: Range<usize>,
}

impl Conv2d {
    /// Height and width of the output of an image.
    ///
    /// # Panics
    /// If the kernel is larger than the padded image.
    #[must_use]
    pub fn output_size(
        size: [usize; 2],
        kernel: [usize; 2],
        stride: usize,
        padding: [usize; 2],
    ) -> [usize; 2] {
        std::array::from_fn(|i| {
            let padded = size[i] + padding[0] + padding[1];
            assert!(
                kernel[i] <= padded,
                "a kernel of {kernel:?} on {size:?} pixels"
            );
            (padded - kernel[i]) / stride + 1
        })
    }

    /// The same convolution in as few bands of lines as fit into a device's bindings. A single line that
    /// does not fit is a band of its own, which [`Graph::check`](crate::Graph::check) refuses.
    pub fn in_bands(self, tensors: &Tensors, limits: Limits) -> impl Iterator<Item = Self> {
        let limit = limits.binding_bytes;
        let fits = self.binding_bytes(tensors) <= limit;
        // Lines of an image that fit in any case.
        let lines = |image: Image| {
            let line_bytes = image.size[1] * tensors.matrix(image.of)[1] * DType::F32.bytes();
            let count = limit.saturating_sub(BINDING_ALIGNMENT as u64) / line_bytes as u64;
            count as usize
        };
        let around = self.weights.kernel()[0];
        let of_input = lines(self.x).saturating_sub(around) / self.stride + 1;
        let images = self.residual.into_iter().chain([self.y]);
        let height = match fits {
            true => self.lines.len(),
            false => images.map(lines).fold(of_input, usize::min).max(1),
        };
        self.lines.clone().step_by(height).map(move |first| Self {
            lines: first..(first + height).min(self.lines.end),
            ..self.clone()
        })
    }

    /// Pixels of the output that are computed.
    fn pixels(&self) -> usize {
        self.lines.len() * self.y.size[1]
    }

    /// The lines of the input that these of the output read; at least one, even if all are padding.
    fn input_lines(&self) -> Range<usize> {
        let last = self.x.size[0] - 1;
        let at = |line: usize| (line * self.stride).saturating_sub(self.padding[0]);
        let first = at(self.lines.start).min(last);
        let end = (self.lines.end - 1) * self.stride + self.weights.kernel()[0];
        first
            ..end
                .saturating_sub(self.padding[0])
                .clamp(first + 1, last + 1)
    }
}

impl Operation for Conv2d {
    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn check(&self, tensors: &Tensors) {
        let weights = &self.weights;
        for image in [Some(self.x), self.residual, Some(self.y)]
            .into_iter()
            .flatten()
        {
            image.check(tensors);
        }
        assert!(self.stride > 0, "a stride of no pixels");
        assert_eq!(self.x.channels, weights.inputs(), "channels of the input");
        assert_eq!(self.y.channels, weights.outputs(), "channels of the output");
        assert_eq!(
            self.y.size,
            Self::output_size(self.x.size, weights.kernel(), self.stride, self.padding),
            "pixels of the output"
        );
        assert!(
            !self.lines.is_empty() && self.lines.end <= self.y.size[0],
            "lines {:?} of {}",
            self.lines,
            self.y.size[0]
        );
        assert!(
            self.residual.is_none_or(|image| image.size == self.y.size
                && image.channels == self.y.channels
                && (image.of != self.y.of || image == self.y)),
            "a residual is like the output; within its tensor it is the output"
        );
        assert_ne!(self.x.of, self.y.of, "a convolution is not made in place");
    }

    fn reads(&self) -> Vec<TensorId> {
        let residual = self.residual.map(|image| image.of);
        std::iter::once(self.x.of).chain(residual).collect()
    }

    fn writes(&self) -> Vec<TensorId> {
        vec![self.y.of]
    }

    fn binding_bytes(&self, tensors: &Tensors) -> u64 {
        let outputs = self.residual.into_iter().chain([self.y]);
        let outputs = outputs.map(|image| image.lines(&self.lines));
        let bound = outputs.chain([self.x.lines(&self.input_lines())]);
        let bytes = bound.map(|rows| rows.window(tensors).len() * DType::F32.bytes());
        bytes.max().unwrap_or(0) as u64
    }

    fn flops(&self) -> u64 {
        2 * (self.pixels() * self.weights.columns() * self.weights.outputs()) as u64
    }

    /// In the smallest tile.
    fn workgroups(&self, _: &Tensors) -> [usize; 3] {
        let Tile { rows, columns } = Tile::MIN;
        [
            self.weights.outputs().div_ceil(8 * columns),
            self.pixels().div_ceil(8 * rows),
            1,
        ]
    }
}
