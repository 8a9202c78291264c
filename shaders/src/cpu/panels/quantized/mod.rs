//! Panels of 8-bit integers, and their product with rows of `x` that are rounded to 16 bits.
//!
//! They take a quarter of the memory of f32 and are up to twice as fast: one instruction multiplies
//! eight pairs of 16-bit integers and adds neighbours (`i32x4.dot_i16x8_s` in wasm, `pmaddwd` on
//! x86). Each block of 32 columns has a scale in both operands. Sums within a block are exact: 32
//! products of 127 · 32,767 stay below 2^31. Rounding `x` to 1/65,534 of the largest value of its
//! block loses a hundredth of what the quantization of the weights to 8 bits lost already.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod operands;
#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;

use half::f16;
use image2_package::blocks::{BLOCK, Format};

pub(crate) use operands::LANES;

use crate::ir::WeightBytes;
use operands::{Block, Operands, PAIRS, ROWS, Rows, Sums};

const X_MAX: f32 = 32_767.0;

/// `[rows / LANES, blocks]`, the last panel padded with zeros.
#[derive(Debug)]
pub(crate) struct Quantized {
    blocks: usize,
    values: Vec<Block>,
    scales: Vec<[f32; LANES]>,
}

/// Rows of `x` in 16 bits, `[rows / ROWS, blocks]`, the last block padded with zeros.
pub(crate) struct Rounded {
    blocks: usize,
    values: Vec<Rows>,
    scales: Vec<[f32; ROWS]>,
}

impl Quantized {
    /// `None` for formats that are not integers with scales.
    pub(super) fn new(weight: &WeightBytes<'_>) -> Option<Self> {
        let blocks = weight.columns.div_ceil(BLOCK);
        let bytes = weight.format.block_bytes();
        let value: fn(&[u8], usize) -> i8 = match weight.format {
            Format::Q8 => |block, i| block[i].cast_signed(),
            Format::Q4 => |block, i| ((block[i / 2] >> (4 * (i % 2))) & 15).cast_signed() - 8,
            Format::F16 | Format::F32 => return None,
        };
        let panels = weight.rows.div_ceil(LANES);
        let mut values = vec![[[[0; 2]; LANES]; PAIRS]; panels * blocks];
        let mut scales = vec![[0.0; LANES]; panels * blocks];
        let stored = weight.values.chunks_exact(bytes);
        let stored_scales = weight.scales.as_chunks::<2>().0;
        // Stored block by block, all rows of each.
        for (i, (block, scale)) in stored.zip(stored_scales).enumerate() {
            let (b, row) = (i / weight.rows, i % weight.rows);
            let (place, lane) = (row / LANES * blocks + b, row % LANES);
            for (p, pair) in values[place].iter_mut().enumerate() {
                pair[lane] = [value(block, 2 * p), value(block, 2 * p + 1)];
            }
            scales[place][lane] = f16::from_le_bytes(*scale).to_f32();
        }
        Some(Self {
            blocks,
            values,
            scales,
        })
    }

    pub(super) fn decode(&self, row: usize, to: &mut [f32]) {
        let (first, lane) = (row / LANES * self.blocks, row % LANES);
        for (b, to) in to.chunks_mut(BLOCK).enumerate() {
            let (block, scale) = (&self.values[first + b], self.scales[first + b][lane]);
            for (i, to) in to.iter_mut().enumerate() {
                *to = f32::from(block[i / 2][lane][i % 2]) * scale;
            }
        }
    }

    /// `ROWS` rows of `x` from row `at` on, which may cover only the first blocks, times panel `n`.
    /// `AVX2`: whether the processor has it.
    #[inline(always)]
    pub(crate) fn product<const AVX2: bool>(&self, x: &Rounded, at: usize, n: usize) -> Sums {
        let operands = Operands {
            weights: &self.values[n * self.blocks..][..x.blocks],
            weight_scales: &self.scales[n * self.blocks..][..x.blocks],
            rows: &x.values[at / ROWS * x.blocks..][..x.blocks],
            row_scales: &x.scales[at / ROWS * x.blocks..][..x.blocks],
        };
        #[cfg(target_arch = "x86_64")]
        if AVX2 {
            // SAFETY: the caller checked that the processor has AVX2.
            return unsafe { avx2::product(&operands) };
        }
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return simd128::product(&operands);
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        portable::product(&operands)
    }
}

impl Rounded {
    /// Repeats the last row up to a multiple of `ROWS`.
    pub(crate) fn new<'a>(count: usize, row: impl Fn(usize) -> &'a [f32]) -> Self {
        let blocks = row(0).len().div_ceil(BLOCK);
        let groups = count.div_ceil(ROWS);
        let mut values = vec![[[0; ROWS]; PAIRS]; groups * blocks];
        let mut scales = vec![[0.0; ROWS]; groups * blocks];
        for i in 0..groups * ROWS {
            let (group, lane) = (i / ROWS, i % ROWS);
            for (b, stored) in row(i.min(count - 1)).chunks(BLOCK).enumerate() {
                let mut block = [0.0; BLOCK];
                block[..stored.len()].copy_from_slice(stored);
                let (whole, scale) = round(&block);
                let place = group * blocks + b;
                for (pair, [low, high]) in values[place].iter_mut().zip(whole.as_chunks().0) {
                    pair[lane] = (low & 0xffff) | (high << 16);
                }
                scales[place][lane] = scale;
            }
        }
        Self {
            blocks,
            values,
            scales,
        }
    }
}

/// Quantized numbers of 16 bits, and what they are multiples of.
///
/// The largest value is found by its bits: those of what is not a number are the largest of all, so
/// it becomes the scale and spoils its row as it should. Integers may be compared in any order, so
/// that a compiler takes several at once. Rounding is written out: `round` is a call in wasm.
#[inline(always)]
fn round(block: &[f32; BLOCK]) -> ([i32; BLOCK], f32) {
    let mut bits = 0;
    for x in block {
        bits = bits.max(x.to_bits() & (u32::MAX >> 1));
    }
    let largest = f32::from_bits(bits);
    let inverse = if largest == 0.0 { 0.0 } else { X_MAX / largest };
    let mut whole = [0; BLOCK];
    for (whole, x) in whole.iter_mut().zip(block) {
        let x = x * inverse;
        // Half away from zero.
        *whole = (x + 0.5_f32.copysign(x)) as i32;
    }
    (whole, largest / X_MAX)
}

#[cfg(test)]
mod tests {
    use image2_package::blocks;

    use super::*;

    /// `rows` by `columns` weights that use every value of their format: decoded, and as panels.
    fn weights(format: Format, rows: usize, columns: usize) -> (Vec<f32>, Quantized) {
        let values: Vec<f32> = (0..rows * columns)
            .map(|i| (i * 7919 % 1013) as f32 / 506.5 - 1.0)
            .collect();
        let stored = blocks::encode(&values, rows, columns, format).expect("finite values");
        let bytes = WeightBytes {
            format,
            rows,
            columns,
            values: &stored.values,
            scales: &stored.scale_bytes(),
        };
        (stored.decode(), Quantized::new(&bytes).expect("integers"))
    }

    #[test]
    fn products_are_close_to_those_of_decoded_weights() {
        for (format, rows, columns) in [(Format::Q8, 13, 70), (Format::Q4, 8, 32)] {
            let (decoded, panels) = weights(format, rows, columns);
            let x: Vec<f32> = (0..3 * columns).map(|i| (i as f32 * 0.7).sin()).collect();
            let rounded = Rounded::new(3, |i| &x[i * columns..][..columns]);
            for n in 0..rows.div_ceil(LANES) {
                let sums = panels.product::<false>(&rounded, 0, n);
                for (i, j) in
                    (0..3).flat_map(|i| (0..LANES.min(rows - n * LANES)).map(move |j| (i, j)))
                {
                    let row = &decoded[(n * LANES + j) * columns..][..columns];
                    let exact: f32 = row.iter().zip(&x[i * columns..]).map(|(w, x)| w * x).sum();
                    assert!(
                        (sums[i][j] - exact).abs() < 1e-3,
                        "{} for {exact}",
                        sums[i][j]
                    );
                }
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn avx2_gives_the_same_sums() {
        if !std::is_x86_feature_detected!("avx2") {
            return;
        }
        let (_, panels) = weights(Format::Q8, 16, 96);
        let x: Vec<f32> = (0..4 * 96).map(|i| (i as f32 * 0.3).cos()).collect();
        let rounded = Rounded::new(4, |i| &x[i * 96..][..96]);
        for n in 0..2 {
            let [avx2, portable] = [
                panels.product::<true>(&rounded, 0, n),
                panels.product::<false>(&rounded, 0, n),
            ];
            assert_eq!(avx2, portable);
        }
    }
}
