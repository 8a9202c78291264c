//! Twins of the kernel: any convolution as a product of gathered patches; and one of 3 × 3 taps and
//! stride 1 between few channels by Winograd's method, in less than half the multiplications, unless its
//! weights are in single precision.

mod direct;
mod output;
mod winograd;

pub(super) use winograd::Filters;

use super::Conv2d;
use crate::cpu::{Twin, Values, threads};
use output::Output;
use winograd::Memory;

/// A convolution and the values around it.
struct Work<'a> {
    op: &'a Conv2d,
    /// Values of the input from its first pixel on, and from one pixel to the next.
    x: (&'a [f32], usize),
    output: Output<'a>,
    /// Values from one pixel of the output to the next.
    stride: usize,
}

impl Twin for Conv2d {
    fn run(&self, on: &Values) {
        let mut y = on.lock(self.y.of);
        let x = on.lock(self.x.of);
        let residual = self.residual.filter(|image| image.of != self.y.of);
        let residual = residual.map(|image| (image.first, on.lock(image.of), on.stride(image.of)));
        let weights = &self.weights;
        let [bias, slopes] = [&weights.bias, &weights.slopes]
            .map(|values| values.as_ref().map(|values| values.memory.cpu().lock()));
        let [x_stride, stride] = [self.x, self.y].map(|image| on.stride(image.of));
        let work = Work {
            op: self,
            x: (&x[self.x.first * x_stride..], x_stride),
            output: Output {
                channels: self.y.channels,
                bias: bias.as_ref().map(|bias| bias.as_slice()),
                slopes: slopes.as_ref().map(|slopes| slopes.as_slice()),
                within: self.residual.is_some() && residual.is_none(),
                residual: residual
                    .as_ref()
                    .map(|(first, values, stride)| (&values[first * stride..], *stride)),
            },
            stride,
        };
        let first = self.lines.start * self.y.size[1];
        let y = &mut y[(self.y.first + first) * stride..][..self.pixels() * stride];
        match &weights.filters {
            Some(filters) if self.stride == 1 => {
                let size = winograd::LINES * self.y.size[1] * stride;
                let memory = || Memory::new(filters);
                threads::each_chunk_with(y, size, memory, |memory, i, y| {
                    let line = self.lines.start + winograd::LINES * i;
                    winograd::convolve(&work, filters, memory, line, y);
                });
            }
            _ => threads::each_chunk(y, direct::PIXELS * stride, |i, y| {
                direct::convolve(&work, first + direct::PIXELS * i, y);
            }),
        }
    }
}
