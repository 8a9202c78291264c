//! Twins of the kernel: any convolution as a product of gathered patches, and one of 3 × 3 taps and
//! stride 1 between few channels by Winograd's method, in less than half the multiplications.

mod direct;
mod output;
mod winograd;

pub(super) use winograd::Filters;

use super::Conv2d;
use crate::cpu::{Twin, Values, threads};
use output::Output;

impl Twin for Conv2d {
    fn run(&self, on: &Values) {
        let mut y = on.lock(self.y.of);
        let x = on.lock(self.x.of);
        let residual = self.residual.filter(|image| image.of != self.y.of);
        let residual = residual.map(|image| (image.first, on.lock(image.of), on.stride(image.of)));
        let weights = &self.weights;
        let [bias, slopes] = [&weights.bias, &weights.slopes]
            .map(|values| values.as_ref().map(|values| values.memory.cpu().lock()));
        let output = Output {
            channels: self.y.channels,
            bias: bias.as_ref().map(|bias| bias.as_slice()),
            slopes: slopes.as_ref().map(|slopes| slopes.as_slice()),
            within: self.residual.is_some() && residual.is_none(),
            residual: residual
                .as_ref()
                .map(|(first, values, stride)| (&values[first * stride..], *stride)),
        };
        let x = Input {
            values: &x[self.x.first * on.stride(self.x.of)..],
            stride: on.stride(self.x.of),
        };
        let stride = on.stride(self.y.of);
        let first = self.lines.start * self.y.size[1];
        let y = &mut y[(self.y.first + first) * stride..][..self.pixels() * stride];
        match &weights.filters {
            Some(filters) if self.stride == 1 => {
                let line = self.y.size[1] * stride;
                threads::each_chunk(y, winograd::LINES * line, |i, y| {
                    let first = self.lines.start + winograd::LINES * i;
                    filters.convolve(self, &x, &output, first, y, stride);
                });
            }
            _ => threads::each_chunk(y, direct::PIXELS * stride, |i, y| {
                direct::convolve(self, &x, &output, first + direct::PIXELS * i, y, stride);
            }),
        }
    }
}

/// An image's values from its first pixel on, and from one pixel to the next.
struct Input<'a> {
    values: &'a [f32],
    stride: usize,
}
