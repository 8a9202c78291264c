//! Twin of the kernel: the patches of `CHUNK` output pixels are gathered into rows, which are
//! multiplied by the weights as those of a linear layer.

use super::Conv2d;
use crate::cpu::{
    Twin, Values,
    panels::{self, Panels, ROWS, Rounded},
    threads,
};

const CHUNK: usize = 16;

impl Twin for Conv2d {
    fn run(&self, on: &Values) {
        let mut y = on.lock(self.y.of);
        let x = on.lock(self.x.of);
        let residual = self.residual.filter(|image| image.of != self.y.of);
        let residual = residual.map(|image| (image.first, on.lock(image.of), on.stride(image.of)));
        let weights = &self.weights;
        let [bias, slopes] = [&weights.bias, &weights.slopes]
            .map(|values| values.as_ref().map(|values| values.memory.cpu().lock()));
        let first = self.lines.start * self.y.size[1];
        let work = Work {
            op: self,
            panels: weights.matrix.storage.cpu(),
            bias: bias.as_ref().map(|bias| bias.as_slice()),
            slopes: slopes.as_ref().map(|slopes| slopes.as_slice()),
            x: &x[self.x.first * on.stride(self.x.of)..],
            x_stride: on.stride(self.x.of),
            within: self.residual.is_some() && residual.is_none(),
            residual: residual
                .as_ref()
                .map(|(first, values, stride)| (&values[first * stride..], *stride)),
            y_stride: on.stride(self.y.of),
        };
        let y = &mut y[(self.y.first + first) * work.y_stride..][..self.pixels() * work.y_stride];
        threads::each_chunk(y, CHUNK * work.y_stride, |i, y| {
            work.chunk(first + CHUNK * i, y);
        });
    }
}

struct Work<'a> {
    op: &'a Conv2d,
    panels: &'a Panels,
    bias: Option<&'a [f32]>,
    slopes: Option<&'a [f32]>,
    /// From the image's first pixel on.
    x: &'a [f32],
    x_stride: usize,
    /// Whether the residual is the present content of `y`.
    within: bool,
    /// Values from the image's first pixel on, and stride.
    residual: Option<(&'a [f32], usize)>,
    y_stride: usize,
}

impl Work<'_> {
    /// Pixels of `y` from `first` on.
    fn chunk(&self, first: usize, y: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            // SAFETY: the processor has the features that the function is compiled for.
            return unsafe { self.chunk_avx2(first, y) };
        }
        self.chunk_with::<false>(first, y);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn chunk_avx2(&self, first: usize, y: &mut [f32]) {
        self.chunk_with::<true>(first, y);
    }

    /// `AVX2`: whether this is compiled for AVX2 with fused multiply-add.
    #[inline(always)]
    fn chunk_with<const AVX2: bool>(&self, first: usize, y: &mut [f32]) {
        let count = y.len() / self.y_stride;
        let columns = self.op.weights.columns();
        let mut patches = vec![0.0; count * columns];
        for (i, patch) in patches.chunks_exact_mut(columns).enumerate() {
            self.gather(first + i, patch);
        }
        let row = |i: usize| &patches[i.min(count - 1) * columns..][..columns];
        let outputs = self.op.weights.outputs();
        match self.panels {
            Panels::Quantized(weight) => {
                let rows = Rounded::new(count, row);
                for n in 0..outputs.div_ceil(panels::QUANTIZED_LANES) {
                    for at in (0..count).step_by(ROWS) {
                        let sums = weight.product::<AVX2>(&rows, at, n);
                        self.finish(first, at, n, y, &sums);
                    }
                }
            }
            Panels::Decoded(weight) => {
                let rows = panels::side_by_side(count, row);
                for n in 0..outputs.div_ceil(panels::LANES) {
                    for at in (0..count).step_by(ROWS) {
                        let rows = &rows[at / ROWS * columns..][..columns];
                        let sums = weight.product::<AVX2>(rows, n);
                        self.finish(first, at, n, y, &sums);
                    }
                }
            }
        }
    }

    /// The input of output pixel `pixel`, tap by tap.
    #[inline(always)]
    fn gather(&self, pixel: usize, patch: &mut [f32]) {
        let Conv2d {
            x,
            y,
            stride,
            padding,
            ..
        } = self.op;
        let [height, width] = x.size;
        let [_, taps] = self.op.weights.kernel();
        let [line, column] = [pixel / y.size[1], pixel % y.size[1]];
        for (tap, values) in patch.chunks_exact_mut(x.channels).enumerate() {
            // Before the image they wrap to numbers beyond its end.
            let line = (line * stride + tap / taps).wrapping_sub(padding[0]);
            let column = (column * stride + tap % taps).wrapping_sub(padding[0]);
            if line < height && column < width {
                let from = &self.x[(line * width + column) * self.x_stride..];
                values.copy_from_slice(&from[..x.channels]);
            }
        }
    }

    /// Stores the sums of `ROWS` pixels, from pixel `at` of the chunk on, times panel `n`.
    #[inline(always)]
    fn finish<const LANES: usize>(
        &self,
        first: usize,
        at: usize,
        n: usize,
        y: &mut [f32],
        sums: &[[f32; LANES]; ROWS],
    ) {
        let channel = n * LANES;
        let lanes = LANES.min(self.op.weights.outputs() - channel);
        let own = |values: &'_ [f32]| -> [f32; LANES] {
            let mut own = [0.0; LANES];
            own[..lanes].copy_from_slice(&values[channel..][..lanes]);
            own
        };
        let bias = self.bias.map_or([0.0; LANES], own);
        let slopes = self.slopes.map_or([1.0; LANES], own);
        let pixels = y.chunks_exact_mut(self.y_stride).skip(at);
        for (i, (y, sums)) in pixels.zip(sums).enumerate() {
            let before = self
                .residual
                .map(|(values, stride)| &values[(first + at + i) * stride + channel..][..lanes]);
            for (lane, y) in y[channel..][..lanes].iter_mut().enumerate() {
                let sum = sums[lane] + bias[lane];
                let value = if sum < 0.0 { slopes[lane] * sum } else { sum };
                *y = match before {
                    Some(before) => value + before[lane],
                    None if self.within => value + *y,
                    None => value,
                };
            }
        }
    }
}
