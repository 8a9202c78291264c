//! A weight on the GPU, as the package stores it: kernels dequantize it.

use super::buffer::Buffer;
use super::device::Gpu;
use crate::ir::WeightBytes;

/// A weight's values, then its scales. One buffer, because a kernel may bind only eight.
#[derive(Debug)]
pub(crate) struct Weight {
    pub buffer: Buffer,
    /// The word at which the scales begin.
    pub scales: usize,
}

impl Weight {
    pub(super) fn new(gpu: &Gpu, weight: &WeightBytes<'_>) -> Self {
        let scales = weight.values.len() / 4;
        let words = scales + weight.scales.len().div_ceil(4);
        let label = format!(
            "weight {} [{}, {}]",
            weight.format.name(),
            weight.rows,
            weight.columns
        );
        // Whole vectors: a kernel that reads four words at a time sees no others.
        let buffer = Buffer::zeros(gpu, &label, words.next_multiple_of(4));
        buffer.write_bytes(0, weight.values);
        buffer.write_bytes(scales, &padded_to_words(weight.scales));
        Self { buffer, scales }
    }
}

/// Writes to a buffer are of whole words.
fn padded_to_words(bytes: &[u8]) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().next_multiple_of(4), 0);
    padded
}
