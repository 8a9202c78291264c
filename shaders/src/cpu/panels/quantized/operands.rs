//! What a product of quantized weights reads.

use image2_package::blocks::BLOCK;

pub(super) use super::super::decoded::ROWS;

/// Output features of a panel.
pub(crate) const LANES: usize = 8;
pub(super) const PAIRS: usize = BLOCK / 2;

/// A block of a panel: for each pair of columns, the two values of each output feature.
pub(super) type Block = [[[i8; 2]; LANES]; PAIRS];

/// A block of `ROWS` rows of `x`: for each pair of columns, each row's two values in 16 bits, the
/// first in the lower half. Contiguous, so that one register points to it.
pub(super) type Rows = [[i32; ROWS]; PAIRS];

/// The operands of a product, a block at a time.
pub(super) struct Operands<'a> {
    pub weights: &'a [Block],
    pub weight_scales: &'a [[f32; LANES]],
    pub rows: &'a [Rows],
    pub row_scales: &'a [[f32; ROWS]],
}

pub(super) type Sums = [[f32; LANES]; ROWS];

impl<'a> Operands<'a> {
    #[inline(always)]
    pub(super) fn blocks(
        &self,
    ) -> impl Iterator<Item = (&'a Block, &'a [f32; LANES], &'a Rows, &'a [f32; ROWS])> {
        let weights = self.weights.iter().zip(self.weight_scales);
        let rows = self.rows.iter().zip(self.row_scales);
        weights.zip(rows).map(|((w, ws), (x, xs))| (w, ws, x, xs))
    }
}
