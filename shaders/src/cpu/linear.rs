//! Twin of `linear.wgsl`: weights are decoded once, when they are loaded, into panels.
//!
//! A panel is `LANES` output features side by side for each input feature, so that the product's
//! inner loop is a multiplication of one value of `x` with a run of memory. `ROWS` rows of `x`
//! share what was read of a panel, and `CHUNK` rows share it while it is in the nearest cache.

use image2_package::blocks;

use super::{Interpreter, resident_values, threads};
use crate::graph::{EPSILON, Linear};
use crate::layer::{Matrix, Packed, Storage};

/// As many as fill the registers beside `ROWS` rows of sums: 128 bits wide in wasm, 256 natively.
const LANES: usize = if cfg!(target_arch = "wasm32") { 8 } else { 16 };
const ROWS: usize = 4;
const CHUNK: usize = 16;

/// A decoded matrix, `[rows / LANES, columns, LANES]`, the last panel filled with zeros.
#[derive(Debug)]
pub(crate) struct Panels(Vec<f32>);

impl Panels {
    pub(crate) fn new(packed: &Packed<'_>) -> Self {
        let &Packed {
            format,
            rows,
            columns,
            values,
            scales,
        } = packed;
        let mut panels = vec![0.0; rows.div_ceil(LANES) * columns * LANES];
        let mut line = vec![0.0; columns];
        for row in 0..rows {
            blocks::decode_rows(format, rows, columns, values, scales, row, &mut line);
            let panel = &mut panels[row / LANES * columns * LANES..][..columns * LANES];
            let places = panel[row % LANES..].iter_mut().step_by(LANES);
            line.iter()
                .zip(places)
                .for_each(|(weight, place)| *place = *weight);
        }
        Self(panels)
    }

    /// The panels of a layer's matrix.
    fn of(matrix: &Matrix) -> &[f32] {
        match &matrix.storage {
            Storage::Cpu(panels) => &panels.0,
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
    panels: Vec<&'a [f32]>,
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

    #[inline(always)]
    fn chunk_with<const FUSED: bool>(&self, first: usize, y: &mut [f32]) {
        let (op, outputs) = (self.op, self.op.layer.outputs());
        let count = y.len() / self.y_stride;
        let row = |i: usize| {
            let row = op.x.first + (first + i.min(count - 1)) % op.x.count;
            &self.x[row * self.x_stride..][..op.x.columns]
        };
        let scales: [f32; CHUNK] = std::array::from_fn(|i| match op.normed {
            true => norm(row(i)),
            false => 1.0,
        });
        for n in 0..outputs.div_ceil(LANES) {
            let panel = |matrix: usize| {
                let size = op.layer.inputs() * LANES;
                &self.panels[matrix][n * size..][..op.x.columns * LANES]
            };
            for at in (0..count).step_by(ROWS) {
                let rows: [&[f32]; ROWS] = std::array::from_fn(|i| row(at + i));
                let mut sums = product::<FUSED>(rows, panel(0));
                if op.layer.is_gated() {
                    let gates = product::<FUSED>(rows, panel(1));
                    for (i, (sums, gates)) in sums.iter_mut().zip(gates).enumerate() {
                        for (sum, gate) in sums.iter_mut().zip(gates) {
                            *sum = silu(*sum * scales[at + i]) * gate;
                        }
                    }
                }
                let lanes = LANES.min(outputs - n * LANES);
                for (i, sums) in sums.iter().enumerate().take(count - at) {
                    let y = &mut y[(at + i) * self.y_stride + n * LANES..][..lanes];
                    self.store(first + at + i, n * LANES, y, sums, scales[at + i]);
                }
            }
        }
    }

    /// Puts sums of row `row`, from column `column` on, where they belong.
    #[inline(always)]
    fn store(&self, row: usize, column: usize, y: &mut [f32], sums: &[f32; LANES], scale: f32) {
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

fn norm(x: &[f32]) -> f32 {
    // Eight sums, which the compiler may add side by side.
    let mut sums = [0.0; 8];
    let (eights, rest) = x.as_chunks::<8>();
    for eight in eights {
        sums.iter_mut()
            .zip(eight)
            .for_each(|(sum, x)| *sum += x * x);
    }
    let square: f32 = sums.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>();
    1.0 / (square / x.len() as f32 + EPSILON).sqrt()
}

fn silu(x: f32) -> f32 {
    x / (1.0 + (-x).exp())
}

/// `ROWS` rows of `x` by a panel.
#[inline(always)]
fn product<const FUSED: bool>(rows: [&[f32]; ROWS], panel: &[f32]) -> [[f32; LANES]; ROWS] {
    let mut sums = [[0.0; LANES]; ROWS];
    let [a, b, c, d] = rows;
    let panel = panel.as_chunks::<LANES>().0;
    for ((((weights, &a), &b), &c), &d) in panel.iter().zip(a).zip(b).zip(c).zip(d) {
        for (sums, x) in sums.iter_mut().zip([a, b, c, d]) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum = match FUSED {
                    true => x.mul_add(*weight, *sum),
                    false => *sum + x * weight,
                };
            }
        }
    }
    sums
}
