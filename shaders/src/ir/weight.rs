//! Weights as a package stores them.

use image2_package::blocks::{BLOCK, Format};

/// A weight matrix as a package stores it; see `image2_package::blocks` for the layout.
#[derive(Clone, Copy, Debug)]
pub struct WeightBytes<'a> {
    /// The storage format.
    pub format: Format,
    /// Output features.
    pub rows: usize,
    /// Input features.
    pub columns: usize,
    /// `[blocks, rows, block bytes]`
    pub values: &'a [u8],
    /// `[blocks, rows]` in f16; empty where the format has none.
    pub scales: &'a [u8],
}

impl WeightBytes<'_> {
    /// # Panics
    /// If the bytes do not have the lengths that shape and format require.
    pub(crate) fn check(&self) {
        let blocks = self.rows * self.columns.div_ceil(BLOCK);
        assert_eq!(
            self.values.len(),
            blocks * self.format.block_bytes(),
            "values of a {} by {} weight",
            self.rows,
            self.columns
        );
        let scales = if self.format.has_scales() {
            2 * blocks
        } else {
            0
        };
        assert_eq!(self.scales.len(), scales, "scales");
    }
}
