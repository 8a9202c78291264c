//! Weights as f32: panels, and their product.
//!
//! A panel is `LANES` output features side by side for each input feature, so that the product's
//! inner loop is a multiplication of one value of `x` with a run of memory.

use image2_package::blocks;

use super::linear::ROWS;
use crate::layer::Packed;

/// As many as fill the registers beside `ROWS` rows of sums: 128 bits wide in wasm, 256 natively.
pub(super) const LANES: usize = if cfg!(target_arch = "wasm32") { 8 } else { 16 };

/// `[rows / LANES, columns, LANES]`, the last panel filled with zeros.
#[derive(Debug)]
pub(crate) struct Decoded {
    columns: usize,
    values: Vec<f32>,
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
        let mut values = vec![0.0; rows.div_ceil(LANES) * columns * LANES];
        let mut line = vec![0.0; columns];
        for row in 0..rows {
            blocks::decode_rows(format, rows, columns, stored, scales, row, &mut line);
            let panel = &mut values[row / LANES * columns * LANES..][..columns * LANES];
            let places = panel[row % LANES..].iter_mut().step_by(LANES);
            line.iter()
                .zip(places)
                .for_each(|(weight, place)| *place = *weight);
        }
        Self { columns, values }
    }

    /// Rows of `x` by panel `n`, of which they may cover only the first columns. `FUSED`: whether
    /// the processor multiplies and adds in one.
    #[inline(always)]
    pub(super) fn product<const FUSED: bool>(
        &self,
        rows: [&[f32]; ROWS],
        n: usize,
    ) -> [[f32; LANES]; ROWS] {
        let panel = &self.values[n * self.columns * LANES..][..rows[0].len() * LANES];
        product::<FUSED>(rows, panel)
    }
}

/// `ROWS` rows by a panel: `[inputs, LANES]`.
#[inline(always)]
pub(super) fn product<const FUSED: bool>(
    rows: [&[f32]; ROWS],
    panel: &[f32],
) -> [[f32; LANES]; ROWS] {
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
