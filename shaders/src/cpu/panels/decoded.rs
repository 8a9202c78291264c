//! Panels of f32, and their product.

use image2_package::blocks;

use crate::ir::WeightBytes;

/// Rows of `x` that share each panel that is read.
pub(crate) const ROWS: usize = 4;

/// Output features of a panel: as many as fill the registers beside `ROWS` rows of sums. Registers
/// have 128 bits in wasm, 256 natively.
pub(crate) const LANES: usize = if cfg!(target_arch = "wasm32") { 8 } else { 16 };

/// `[rows / LANES, columns]`, the last panel padded with zeros.
#[derive(Debug)]
pub(crate) struct Decoded {
    columns: usize,
    values: Vec<[f32; LANES]>,
}

impl Decoded {
    pub(super) fn new(bytes: &WeightBytes<'_>) -> Self {
        let &WeightBytes {
            format,
            rows,
            columns,
            values: stored,
            scales,
        } = bytes;
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

    pub(super) fn decode(&self, row: usize, to: &mut [f32]) {
        let panel = &self.values[row / LANES * self.columns..][..self.columns];
        for (to, weights) in to.iter_mut().zip(panel) {
            *to = weights[row % LANES];
        }
    }

    /// Rows of `x`, which may cover only the first columns, times panel `n`. `FUSED`: whether the
    /// processor has fused multiply-add.
    #[inline(always)]
    pub(crate) fn product<const FUSED: bool>(&self, rows: &[Column], n: usize) -> Sums {
        let panel = &self.values[n * self.columns..][..rows.len()];
        product::<FUSED>(rows, panel)
    }
}

/// A column of `ROWS` rows.
pub(crate) type Column = [f32; ROWS];
pub(crate) type Sums = [[f32; LANES]; ROWS];

/// Interleaves rows column by column, in groups of `ROWS`, so that one pointer reaches all of them.
/// The last group repeats the last row.
pub(crate) fn side_by_side<'a>(count: usize, row: impl Fn(usize) -> &'a [f32]) -> Vec<Column> {
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

/// `ROWS` rows times a panel.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
pub(crate) fn product<const FUSED: bool>(rows: &[Column], panel: &[[f32; LANES]]) -> Sums {
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

/// `ROWS` rows times a panel, with explicit SIMD: the compiler would vectorize over columns.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
pub(crate) fn product<const FUSED: bool>(rows: &[Column], panel: &[[f32; LANES]]) -> Sums {
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
