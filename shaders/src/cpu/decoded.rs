//! Weights as f32: panels, and their product.
//!
//! A panel is `LANES` output features side by side for each input feature, so that the product's
//! inner loop is a multiplication of one value of `x` with a run of memory.

use image2_package::blocks;

use super::linear::ROWS;
use crate::layer::Packed;

/// As many as fill the registers beside `ROWS` rows of sums: 128 bits wide in wasm, 256 natively.
pub(super) const LANES: usize = if cfg!(target_arch = "wasm32") { 8 } else { 16 };

/// `[rows / LANES, columns]`, the last panel filled with zeros.
#[derive(Debug)]
pub(crate) struct Decoded {
    columns: usize,
    values: Vec<[f32; LANES]>,
}

impl Decoded {
    pub(super) fn new(packed: &Packed<'_>) -> Self {
        let &Packed {
            format,
            rows,
            columns,
            values: stored,
            scales,
        } = packed;
        let mut values = vec![[0.0; LANES]; rows.div_ceil(LANES) * columns];
        let mut line = vec![0.0; columns];
        for row in 0..rows {
            blocks::decode_rows(format, rows, columns, stored, scales, row, &mut line);
            let panel = &mut values[row / LANES * columns..][..columns];
            for (place, weight) in panel.iter_mut().zip(&line) {
                place[row % LANES] = *weight;
            }
        }
        Self { columns, values }
    }

    /// Rows of `x`, which may cover only the first columns, by panel `n`. `FUSED`: whether the
    /// processor multiplies and adds in one.
    #[inline(always)]
    pub(super) fn product<const FUSED: bool>(&self, rows: &[Column], n: usize) -> Sums {
        let panel = &self.values[n * self.columns..][..rows.len()];
        product::<FUSED>(rows, panel)
    }
}

/// A column of `ROWS` rows.
pub(super) type Column = [f32; ROWS];
pub(super) type Sums = [[f32; LANES]; ROWS];

/// Rows side by side, column by column, so that one register points to all of them: groups of
/// `ROWS`, in the last one the last row again where there is none.
pub(super) fn side_by_side<'a>(count: usize, row: impl Fn(usize) -> &'a [f32]) -> Vec<Column> {
    let columns = row(0).len();
    let mut groups = vec![[0.0; ROWS]; count.div_ceil(ROWS) * columns];
    for (group, values) in groups.chunks_exact_mut(columns).enumerate() {
        for lane in 0..ROWS {
            let row = row((group * ROWS + lane).min(count - 1));
            for (column, x) in values.iter_mut().zip(row) {
                column[lane] = *x;
            }
        }
    }
    groups
}

/// `ROWS` rows by a panel.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
pub(super) fn product<const FUSED: bool>(rows: &[Column], panel: &[[f32; LANES]]) -> Sums {
    let mut sums = [[0.0; LANES]; ROWS];
    for (column, weights) in rows.iter().zip(panel) {
        for (sums, x) in sums.iter_mut().zip(column) {
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

/// `ROWS` rows by a panel, written out: left to itself the compiler turns columns instead.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
pub(super) fn product<const FUSED: bool>(rows: &[Column], panel: &[[f32; LANES]]) -> Sums {
    use std::arch::wasm32::*;

    /// Registers of four lanes in a panel.
    const HALVES: usize = LANES / 4;
    let mut sums = [[f32x4_splat(0.0); HALVES]; ROWS];
    for (column, weights) in rows.iter().zip(panel) {
        // SAFETY: each half of the weights is 16 bytes, and the load needs no alignment.
        let weights: [v128; HALVES] = std::array::from_fn(|half| unsafe {
            v128_load(weights[4 * half..][..4].as_ptr().cast())
        });
        for (sums, x) in sums.iter_mut().zip(column) {
            let x = f32x4_splat(*x);
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = f32x4_add(*sum, f32x4_mul(weights, x));
            }
        }
    }
    sums.map(|halves| {
        let mut lanes = [0.0; LANES];
        for (lanes, half) in lanes.chunks_exact_mut(4).zip(halves) {
            // SAFETY: four f32 are 16 bytes, and the store needs no alignment.
            unsafe { v128_store(lanes.as_mut_ptr().cast(), half) };
        }
        lanes
    })
}
