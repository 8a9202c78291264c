//! Twin of the kernel. `ROWS` rows of `x` share each panel of weights that is read, and `CHUNK` rows
//! share it while it is in the nearest cache.

use super::Linear;
use crate::cpu::{
    Twin, Values,
    math::{silu, square},
    panels::{self, Panels, ROWS, Rounded},
    threads,
};
use crate::ir::Rows;

const CHUNK: usize = 16;

impl Twin for Linear {
    fn run(&self, on: &Values) {
        let mut y = on.lock(self.y.of);
        let x = on.lock(self.x.of);
        let residual = self.residual.filter(|rows| rows.of != self.y.of);
        let residual = residual.map(|rows| (rows, on.lock(rows.of)));
        let weights = &self.weights;
        let bias = weights.bias.as_ref().map(|bias| bias.memory.cpu().lock());
        let panels = weights.matrices.iter().map(|weight| weight.storage.cpu());
        let work = Work {
            panels: panels.collect(),
            bias: bias.as_ref().map(|bias| bias.as_slice()),
            outputs: weights.outputs(),
            rms_norm: self.rms_norm,
            x: (self.x, x.as_slice(), on.stride(self.x.of)),
            within: self.residual.is_some() && residual.is_none(),
            residual: residual
                .as_ref()
                .map(|(rows, values)| (*rows, values.as_slice(), on.stride(rows.of))),
            y_stride: on.stride(self.y.of),
        };
        let y = &mut y[self.y.first * work.y_stride..][..self.y.count * work.y_stride];
        threads::each_chunk(y, CHUNK * work.y_stride, |i, y| work.chunk(CHUNK * i, y));
    }
}

struct Work<'a> {
    panels: Vec<&'a Panels>,
    bias: Option<&'a [f32]>,
    outputs: usize,
    rms_norm: Option<f32>,
    /// Rows, values and stride.
    x: (Rows, &'a [f32], usize),
    /// Whether the residual is the present content of `y`.
    within: bool,
    /// Rows, values and stride.
    residual: Option<(Rows, &'a [f32], usize)>,
    y_stride: usize,
}

impl Work<'_> {
    /// Rows of `y` from `first` on.
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
        let (x, values, stride) = self.x;
        let count = y.len() / self.y_stride;
        let row = |i: usize| {
            let row = x.first + (first + i.min(count - 1)) % x.count;
            &values[row * stride..][..x.columns]
        };
        let scales: [f32; CHUNK] = std::array::from_fn(|i| match self.rms_norm {
            Some(epsilon) => norm(row(i), epsilon),
            None => 1.0,
        });
        // Both matrices of a gate have the same format.
        match self.panels[..] {
            [Panels::Quantized(weight), ref gate @ ..] => {
                let rows = Rounded::new(count, row);
                for n in 0..self.outputs.div_ceil(panels::QUANTIZED_LANES) {
                    for at in (0..count).step_by(ROWS) {
                        let gates = match gate {
                            [Panels::Quantized(gate)] => Some(gate.product::<AVX2>(&rows, at, n)),
                            _ => None,
                        };
                        let sums = weight.product::<AVX2>(&rows, at, n);
                        self.finish(first, at, n, y, sums, gates, &scales);
                    }
                }
            }
            [Panels::Decoded(weight), ref gate @ ..] => {
                let columns = panels::side_by_side(count, row);
                for n in 0..self.outputs.div_ceil(panels::LANES) {
                    for at in (0..count).step_by(ROWS) {
                        let rows = &columns[at / ROWS * x.columns..][..x.columns];
                        let gates = match gate {
                            [Panels::Decoded(gate)] => Some(gate.product::<AVX2>(rows, n)),
                            _ => None,
                        };
                        let sums = weight.product::<AVX2>(rows, n);
                        self.finish(first, at, n, y, sums, gates, &scales);
                    }
                }
            }
            [] => unreachable!("a linear layer has a weight"),
        }
    }

    /// Stores the sums of `ROWS` rows, from row `at` of the chunk on, times panel `n`.
    #[inline(always)]
    #[expect(
        clippy::too_many_arguments,
        reason = "the state of one tile, in registers"
    )]
    fn finish<const LANES: usize>(
        &self,
        first: usize,
        at: usize,
        n: usize,
        y: &mut [f32],
        mut sums: [[f32; LANES]; ROWS],
        gates: Option<[[f32; LANES]; ROWS]>,
        scales: &[f32; CHUNK],
    ) {
        if let Some(gates) = gates {
            for (i, (sums, gates)) in sums.iter_mut().zip(gates).enumerate() {
                for (sum, gate) in sums.iter_mut().zip(gates) {
                    *sum = silu(*sum * scales[at + i]) * gate;
                }
            }
        }
        let count = y.len() / self.y_stride;
        let lanes = LANES.min(self.outputs - n * LANES);
        for (i, sums) in sums.iter().enumerate().take(count - at) {
            let y = &mut y[(at + i) * self.y_stride + n * LANES..][..lanes];
            self.store(first + at + i, n * LANES, y, sums, scales[at + i]);
        }
    }

    /// Stores sums of row `row`, from column `column` on.
    #[inline(always)]
    fn store(&self, row: usize, column: usize, y: &mut [f32], sums: &[f32], scale: f32) {
        let rest = self.residual.map(|(rows, values, stride)| {
            &values[(rows.first + row % rows.count) * stride + column..][..y.len()]
        });
        let bias = self.bias.map(|bias| &bias[column..][..y.len()]);
        for (lane, y) in y.iter_mut().enumerate() {
            let before = match rest {
                Some(rest) => rest[lane],
                None if self.within => *y,
                None => 0.0,
            };
            *y = sums[lane] * scale + bias.map_or(0.0, |bias| bias[lane]) + before;
        }
    }
}

#[inline(always)]
fn norm(x: &[f32], epsilon: f32) -> f32 {
    1.0 / (square(x) / x.len() as f32 + epsilon).sqrt()
}
