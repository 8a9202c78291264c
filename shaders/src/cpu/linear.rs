//! Twin of `linear.wgsl`. `ROWS` rows of `x` share what was read of a panel of weights, and `CHUNK`
//! rows share it while it is in the nearest cache.

use super::decoded::{self, Decoded};
use super::math::{silu, square};
use super::whole::{self, Rounded, Whole};
use super::{Interpreter, resident_values, threads};
use crate::graph::{EPSILON, Linear};
use crate::layer::{Matrix, Packed, Storage};

pub(super) const ROWS: usize = 4;
const CHUNK: usize = 16;

/// A matrix as products read it.
#[derive(Debug)]
pub(crate) enum Panels {
    Whole(Whole),
    Decoded(Decoded),
}

impl Panels {
    pub(crate) fn new(packed: &Packed<'_>) -> Self {
        Whole::new(packed).map_or_else(|| Self::Decoded(Decoded::new(packed)), Self::Whole)
    }

    /// The panels of a layer's matrix.
    fn of(matrix: &Matrix) -> &Self {
        match &matrix.storage {
            Storage::Cpu(panels) => panels,
            #[cfg(feature = "gpu")]
            Storage::Gpu(_) => panic!("a graph on the processor has weights on a GPU"),
        }
    }
}

pub(super) fn run(op: &Linear, on: &Interpreter) {
    let mut y = on.values(op.y.of);
    let x = on.values(op.x.of);
    let residual = op.residual.filter(|rows| rows.of != op.y.of);
    let residual = residual.map(|rows| (rows, on.values(rows.of)));
    let bias = op.layer.bias.as_ref().map(resident_values);
    let work = Work {
        op,
        panels: op.layer.matrices.iter().map(Panels::of).collect(),
        bias: bias.as_ref().map(|bias| bias.as_slice()),
        x: &x,
        x_stride: on.stride(op.x.of),
        within: op.residual.is_some() && residual.is_none(),
        residual: residual
            .as_ref()
            .map(|(rows, values)| (*rows, values.as_slice(), on.stride(rows.of))),
        y_stride: on.stride(op.y.of),
    };
    let y = &mut y[op.y.first * work.y_stride..][..op.y.count * work.y_stride];
    threads::each_chunk(y, CHUNK * work.y_stride, |i, y| work.chunk(CHUNK * i, y));
}

struct Work<'a> {
    op: &'a Linear,
    panels: Vec<&'a Panels>,
    bias: Option<&'a [f32]>,
    x: &'a [f32],
    x_stride: usize,
    /// Whether the residual is what `y` holds.
    within: bool,
    residual: Option<(crate::graph::Rows, &'a [f32], usize)>,
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

    /// `WIDE`: whether it is compiled for AVX2 with fused multiplication and addition.
    #[inline(always)]
    fn chunk_with<const WIDE: bool>(&self, first: usize, y: &mut [f32]) {
        let op = self.op;
        let count = y.len() / self.y_stride;
        let row = |i: usize| {
            let row = op.x.first + (first + i.min(count - 1)) % op.x.count;
            &self.x[row * self.x_stride..][..op.x.columns]
        };
        let scales: [f32; CHUNK] = std::array::from_fn(|i| match op.normed {
            true => norm(row(i)),
            false => 1.0,
        });
        // Both matrices of a gate have one format.
        match self.panels[..] {
            [Panels::Whole(weight), ref gate @ ..] => {
                let x = Rounded::new(count, row);
                for n in 0..op.layer.outputs().div_ceil(whole::LANES) {
                    for at in (0..count).step_by(ROWS) {
                        let gates = match gate {
                            [Panels::Whole(gate)] => Some(gate.product::<WIDE>(&x, at, n)),
                            _ => None,
                        };
                        let sums = weight.product::<WIDE>(&x, at, n);
                        self.finish(first, at, n, y, sums, gates, &scales);
                    }
                }
            }
            [Panels::Decoded(weight), ref gate @ ..] => {
                let x = decoded::side_by_side(count, row);
                for n in 0..op.layer.outputs().div_ceil(decoded::LANES) {
                    for at in (0..count).step_by(ROWS) {
                        let rows = &x[at / ROWS * op.x.columns..][..op.x.columns];
                        let gates = match gate {
                            [Panels::Decoded(gate)] => Some(gate.product::<WIDE>(rows, n)),
                            _ => None,
                        };
                        let sums = weight.product::<WIDE>(rows, n);
                        self.finish(first, at, n, y, sums, gates, &scales);
                    }
                }
            }
            [] => unreachable!("a layer has a matrix"),
        }
    }

    /// From the sums of `ROWS` rows, from row `at` of the chunk on, by panel `n`, to `y`.
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
        let lanes = LANES.min(self.op.layer.outputs() - n * LANES);
        for (i, sums) in sums.iter().enumerate().take(count - at) {
            let y = &mut y[(at + i) * self.y_stride + n * LANES..][..lanes];
            self.store(first + at + i, n * LANES, y, sums, scales[at + i]);
        }
    }

    /// Puts sums of row `row`, from column `column` on, where they belong.
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
fn norm(x: &[f32]) -> f32 {
    1.0 / (square(x) / x.len() as f32 + EPSILON).sqrt()
}
