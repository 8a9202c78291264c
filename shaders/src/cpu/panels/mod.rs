//! Weights as panels: several output features side by side for each input feature, so that a
//! product's inner loop multiplies one value of `x` by a run of memory.

mod decoded;
mod quantized;

pub(crate) use decoded::{Column, Decoded, LANES, ROWS, product, side_by_side};
pub(crate) use quantized::{LANES as QUANTIZED_LANES, Quantized, Rounded};

use crate::ir::WeightBytes;

/// A weight matrix as products read it.
#[derive(Debug)]
pub(crate) enum Panels {
    Quantized(Quantized),
    Decoded(Decoded),
}

impl Panels {
    pub(crate) fn new(bytes: &WeightBytes<'_>) -> Self {
        Quantized::new(bytes).map_or_else(|| Self::Decoded(Decoded::new(bytes)), Self::Quantized)
    }

    /// A row of the matrix.
    pub(crate) fn decode(&self, row: usize, to: &mut [f32]) {
        match self {
            Self::Quantized(panels) => panels.decode(row, to),
            Self::Decoded(panels) => panels.decode(row, to),
        }
    }
}
