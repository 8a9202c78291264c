//! Weight matrices in blocks of 32, as the GPU kernels read them.
//!
//! A matrix `[rows, cols]` (rows are output features, as PyTorch stores them) is cut along its
//! columns into `B = ceil(cols / 32)` blocks a row, the last one padded with zeros. Storage is
//! block-major, `[B, rows, block bytes]`: at one block, the tile of adjacent rows that a
//! workgroup reads is contiguous. In little-endian `u32` words:
//!
//! ```text
//! q4   4 words  value i is nibble i % 8 (lowest first) of word i / 8, stored as q + 8
//! q8   8 words  value i is byte i, two's complement
//! f16 16 words  value i is half-word i
//! f32 32 words  value i is word i
//! ```
//!
//! A quantized value is `q * scale`; the f16 scales are stored separately, `[B, rows]`. A scale is
//! zero or a normal number: GPUs may flush subnormal ones to zero, and then two devices would
//! draw different pictures from one package.

mod q4;
mod q8;

use half::f16;
use serde::{Deserialize, Serialize};

/// Columns in a block.
pub const BLOCK: usize = 32;

/// The storage of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// IEEE single precision.
    F32,
    /// IEEE half precision.
    F16,
    /// Integers in -127..=127 times the block's scale.
    Q8,
    /// Integers in -8..=7 times the block's scale.
    Q4,
}

impl Format {
    /// Bytes of one block's values.
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 128,
            Self::F16 => 64,
            Self::Q8 => 32,
            Self::Q4 => 16,
        }
    }

    /// `u32` words of one block's values.
    pub const fn words_per_block(self) -> usize {
        self.block_bytes() / 4
    }

    /// Whether each block has an f16 scale.
    pub const fn has_scales(self) -> bool {
        matches!(self, Self::Q8 | Self::Q4)
    }

    /// The name in the manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Q8 => "q8",
            Self::Q4 => "q4",
        }
    }
}

/// The number of blocks in a row of `cols` columns.
pub const fn blocks_per_row(cols: usize) -> usize {
    cols.div_ceil(BLOCK)
}

/// A weight that is NaN or infinite, or would become so in its stored format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value at row {row}, column {col} is not finite in its format")]
pub struct NotFinite {
    /// The row.
    pub row: usize,
    /// The column.
    pub col: usize,
}

/// An encoded matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocks {
    /// How the values are stored.
    pub format: Format,
    /// Output features.
    pub rows: usize,
    /// Input features, without padding.
    pub cols: usize,
    /// `[B, rows, block bytes]`.
    pub values: Vec<u8>,
    /// `[B, rows]`; empty where the format has none.
    pub scales: Vec<f16>,
}

impl Blocks {
    /// The scales as they are stored: two little-endian bytes each.
    pub fn scale_bytes(&self) -> Vec<u8> {
        scale_bytes(&self.scales)
    }

    /// The row-major matrix that the blocks encode.
    pub fn decode(&self) -> Vec<f32> {
        decode(
            self.format,
            self.rows,
            self.cols,
            &self.values,
            &self.scale_bytes(),
        )
    }
}

pub(crate) fn scale_bytes(scales: &[f16]) -> Vec<u8> {
    scales
        .iter()
        .flat_map(|scale| scale.to_le_bytes())
        .collect()
}

/// Encodes a row-major matrix.
///
/// # Panics
/// If `matrix` does not hold `rows * cols` values.
pub fn encode(
    matrix: &[f32],
    rows: usize,
    cols: usize,
    format: Format,
) -> Result<Blocks, NotFinite> {
    assert_eq!(matrix.len(), rows * cols, "a matrix of {rows} by {cols}");
    let count = rows * blocks_per_row(cols);
    let mut values = Vec::with_capacity(count * format.block_bytes());
    let mut scales = Vec::with_capacity(if format.has_scales() { count } else { 0 });
    let mut block = [0.0; BLOCK];
    for first in (0..cols).step_by(BLOCK) {
        let width = BLOCK.min(cols - first);
        block[width..].fill(0.0);
        for row in 0..rows {
            block[..width].copy_from_slice(&matrix[row * cols + first..][..width]);
            encode_block(&block, format, &mut values, &mut scales).map_err(|i| NotFinite {
                row,
                col: first + i,
            })?;
        }
    }
    Ok(Blocks {
        format,
        rows,
        cols,
        values,
        scales,
    })
}

/// Appends one block to `values` and, where the format has one, its scale to `scales`: for
/// streams of blocks that never exist as a whole matrix. `Err` is the index of the value that is
/// not finite.
pub fn encode_block(
    block: &[f32; BLOCK],
    format: Format,
    values: &mut Vec<u8>,
    scales: &mut Vec<f16>,
) -> Result<(), usize> {
    if let Some(i) = block.iter().position(|x| !x.is_finite()) {
        return Err(i);
    }
    match format {
        Format::F32 => values.extend(block.iter().flat_map(|x| x.to_le_bytes())),
        Format::F16 => {
            for (i, &x) in block.iter().enumerate() {
                let x = f16::from_f32(x);
                if !x.is_finite() {
                    return Err(i);
                }
                values.extend(x.to_le_bytes());
            }
        }
        Format::Q8 => {
            let (q, scale) = q8::quantize(block)?;
            values.extend(q.iter().flat_map(|q| q.to_le_bytes()));
            scales.push(scale);
        }
        Format::Q4 => {
            let (q, scale) = q4::quantize(block)?;
            values.extend(
                q.as_chunks::<2>()
                    .0
                    .iter()
                    .map(|[low, high]| (low + 8).cast_unsigned() | (high + 8).cast_unsigned() << 4),
            );
            scales.push(scale);
        }
    }
    Ok(())
}

/// The values of one block. `bytes` has `format.block_bytes()` bytes; `scale` is read only by the
/// quantized formats.
///
/// # Panics
/// If `bytes` has another length.
pub fn decode_block(format: Format, bytes: &[u8], scale: f32, block: &mut [f32; BLOCK]) {
    assert_eq!(
        bytes.len(),
        format.block_bytes(),
        "one block of {}",
        format.name()
    );
    match format {
        Format::F32 => {
            for (x, bytes) in block.iter_mut().zip(bytes.as_chunks().0) {
                *x = f32::from_le_bytes(*bytes);
            }
        }
        Format::F16 => {
            for (x, bytes) in block.iter_mut().zip(bytes.as_chunks().0) {
                *x = f16::from_le_bytes(*bytes).to_f32();
            }
        }
        Format::Q8 => {
            for (x, &byte) in block.iter_mut().zip(bytes) {
                *x = f32::from(byte.cast_signed()) * scale;
            }
        }
        Format::Q4 => {
            for ([low, high], &byte) in block.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
                *low = (f32::from(byte & 15) - 8.0) * scale;
                *high = (f32::from(byte >> 4) - 8.0) * scale;
            }
        }
    }
}

/// The row-major matrix that blocks encode; `scales` are f16 bytes as stored, empty where the
/// format has none.
///
/// # Panics
/// If `values` or `scales` has another length than the shape and format demand.
pub fn decode(format: Format, rows: usize, cols: usize, values: &[u8], scales: &[u8]) -> Vec<f32> {
    let mut matrix = vec![0.0; rows * cols];
    decode_rows(format, rows, cols, values, scales, 0, &mut matrix);
    matrix
}

/// Decodes only as many rows as `out` holds, from `first_row` on: for matrices that should not
/// exist as a whole in f32, and for table lookups.
///
/// # Panics
/// If a length does not fit the shape and format, or the rows lie outside the matrix.
pub fn decode_rows(
    format: Format,
    rows: usize,
    cols: usize,
    values: &[u8],
    scales: &[u8],
    first_row: usize,
    out: &mut [f32],
) {
    let count = rows * blocks_per_row(cols);
    assert_eq!(
        values.len(),
        count * format.block_bytes(),
        "values of {rows} by {cols}"
    );
    let scales = scales.as_chunks::<2>().0;
    assert_eq!(
        scales.len(),
        if format.has_scales() { count } else { 0 },
        "scales"
    );
    let mut block = [0.0; BLOCK];
    for (i, out_row) in out.chunks_mut(cols.max(1)).enumerate() {
        let row = first_row + i;
        assert!(
            row < rows && out_row.len() == cols,
            "row {row} of {rows} by {cols}"
        );
        for (b, out) in out_row.chunks_mut(BLOCK).enumerate() {
            let at = b * rows + row;
            let scale = scales
                .get(at)
                .map_or(0.0, |bytes| f16::from_le_bytes(*bytes).to_f32());
            let bytes = &values[at * format.block_bytes()..][..format.block_bytes()];
            decode_block(format, bytes, scale, &mut block);
            out.copy_from_slice(&block[..out.len()]);
        }
    }
}

/// The nearest f16 to `scale` that is zero or normal; `None` beyond f16's range.
fn storable(scale: f32) -> Option<f16> {
    let smallest = f16::MIN_POSITIVE.to_f32();
    let stored = if scale == 0.0 {
        f16::ZERO
    } else if scale.abs() < smallest {
        f16::from_f32(smallest.copysign(scale))
    } else {
        f16::from_f32(scale)
    };
    stored.is_finite().then_some(stored)
}

/// The nearest integer, ties to even, of a number below 2^22: around 1.5 * 2^23 f32 represents
/// only integers, so the addition rounds. `round` would be a function call for every value on
/// processors without SSE 4.1, and so not vectorized.
fn nearest(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    (x + SHIFT) - SHIFT
}

/// The index of the largest magnitude in a block.
fn largest(block: &[f32; BLOCK]) -> usize {
    let by_magnitude = |&a: &usize, &b: &usize| block[a].abs().total_cmp(&block[b].abs());
    (0..BLOCK).max_by(by_magnitude).unwrap_or(0)
}

#[cfg(test)]
mod tests;
