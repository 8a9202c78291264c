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
    pub(super) fn new(bytes: &WeightBytes<'_>) -> Self {
        Quantized::new(bytes).map_or_else(|| Self::Decoded(Decoded::new(bytes)), Self::Quantized)
    }
}
