//! Weights as whole numbers: panels of 8 bits, and their product with rows rounded to 16 bits.
//!
//! A quarter of the memory of f32, and up to twice as fast: one instruction multiplies eight pairs
//! of 16-bit numbers and adds neighbours (`i32x4.dot_i16x8_s` in wasm, `pmaddwd` on x86). Each
//! block of 32 columns has a scale on both sides. Within a block nothing is rounded: 32 products of
//! 127 · 32,767 stay below 2^31. What is rounded is `x`, to 1/65,534 of the largest value of its
//! block, a hundredth of what 8-bit weights have lost already.

use half::f16;
use image2_package::blocks::{BLOCK, Format};

use super::ROWS;
use crate::ir::WeightBytes;

/// Output features of a panel.
pub(crate) const LANES: usize = 8;
const PAIRS: usize = BLOCK / 2;
const X_MAX: f32 = 32_767.0;

/// A block of a panel: for each pair of columns, the two values of each output feature.
type Block = [[[i8; 2]; LANES]; PAIRS];

/// `[rows / LANES, blocks]`, the last panel filled with zeros.
#[derive(Debug)]
pub(crate) struct Quantized {
    blocks: usize,
    values: Vec<Block>,
    scales: Vec<[f32; LANES]>,
}

/// A block of `ROWS` rows of `x`: for each pair of columns, each row's two values in 16 bits, the
/// first in the lower half. All in one run of memory, so that one register points to it.
type Rows = [[i32; ROWS]; PAIRS];

/// Rows of `x` in 16 bits, `[rows / ROWS, blocks]`, the last block filled with zeros.
pub(crate) struct Rounded {
    blocks: usize,
    values: Vec<Rows>,
    scales: Vec<[f32; ROWS]>,
}

/// What a product reads, a block at a time.
struct Operands<'a> {
    weights: &'a [Block],
    weight_scales: &'a [[f32; LANES]],
    rows: &'a [Rows],
    row_scales: &'a [[f32; ROWS]],
}

type Sums = [[f32; LANES]; ROWS];

impl<'a> Operands<'a> {
    #[inline(always)]
    fn blocks(
        &self,
    ) -> impl Iterator<Item = (&'a Block, &'a [f32; LANES], &'a Rows, &'a [f32; ROWS])> {
        let weights = self.weights.iter().zip(self.weight_scales);
        let rows = self.rows.iter().zip(self.row_scales);
        weights.zip(rows).map(|((w, ws), (x, xs))| (w, ws, x, xs))
    }
}

impl Quantized {
    /// None for what is not whole numbers.
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

    /// Rows `at` and after of `x`, which may cover only the first blocks, by panel `n`. `AVX2`:
    /// whether the processor has 256-bit whole numbers (AVX2).
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
            // SAFETY: `AVX2` says that the processor has AVX2.
            return unsafe { avx2::product(&operands) };
        }
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return simd128::product(&operands);
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        portable(&operands)
    }
}

impl Rounded {
    /// The last row again where there is none, up to a multiple of `ROWS`.
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

/// For processors without any of the others, and what the others are tested against.
#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
fn portable(operands: &Operands<'_>) -> Sums {
    let mut sums = [[0.0; LANES]; ROWS];
    for (weights, weight_scales, rows, row_scales) in operands.blocks() {
        for (i, sums) in sums.iter_mut().enumerate() {
            let mut whole = [0_i32; LANES];
            for (weights, x) in weights.iter().zip(rows) {
                let [low, high] = [x[i] << 16 >> 16, x[i] >> 16];
                for (sum, weights) in whole.iter_mut().zip(weights) {
                    *sum += i32::from(weights[0]) * low + i32::from(weights[1]) * high;
                }
            }
            for ((sum, whole), scale) in sums.iter_mut().zip(whole).zip(weight_scales) {
                *sum += whole as f32 * (scale * row_scales[i]);
            }
        }
    }
    sums
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{LANES, Operands, ROWS, Sums};

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn product(operands: &Operands<'_>) -> Sums {
        let mut sums = [_mm256_setzero_ps(); ROWS];
        for (weights, weight_scales, rows, row_scales) in operands.blocks() {
            let mut whole = [_mm256_setzero_si256(); ROWS];
            for (weights, rows) in weights.iter().zip(rows) {
                // SAFETY: a pair's values are 16 bytes, and the load needs no alignment.
                let bytes = unsafe { _mm_loadu_si128(weights.as_ptr().cast()) };
                let weights = _mm256_cvtepi8_epi16(bytes);
                for (whole, x) in whole.iter_mut().zip(rows) {
                    let x = _mm256_set1_epi32(*x);
                    *whole = _mm256_add_epi32(*whole, _mm256_madd_epi16(weights, x));
                }
            }
            // SAFETY: eight f32 are 32 bytes, and the load needs no alignment.
            let weight_scales = unsafe { _mm256_loadu_ps(weight_scales.as_ptr()) };
            for ((sum, whole), scale) in sums.iter_mut().zip(whole).zip(row_scales) {
                let scale = _mm256_mul_ps(weight_scales, _mm256_set1_ps(*scale));
                *sum = _mm256_add_ps(*sum, _mm256_mul_ps(_mm256_cvtepi32_ps(whole), scale));
            }
        }
        sums.map(|sum| {
            let mut lanes = [0.0; LANES];
            // SAFETY: eight f32 are 32 bytes, and the store needs no alignment.
            unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), sum) };
            lanes
        })
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use std::arch::wasm32::*;

    use super::{LANES, Operands, ROWS, Sums};

    /// Registers of four lanes in a panel.
    const HALVES: usize = LANES / 4;

    pub(super) fn product(operands: &Operands<'_>) -> Sums {
        let mut sums = [[f32x4_splat(0.0); HALVES]; ROWS];
        for (weights, weight_scales, rows, row_scales) in operands.blocks() {
            let mut whole = [[i32x4_splat(0); HALVES]; ROWS];
            // Not unrolled: what the compiler would load ahead does not fit into registers.
            for (weights, rows) in weights.iter().zip(rows) {
                // SAFETY: each half of a pair's values is 8 bytes, and the load needs no alignment.
                let weights: [v128; HALVES] = std::array::from_fn(|half| unsafe {
                    i16x8_load_extend_i8x8(weights[4 * half..][..4].as_ptr().cast())
                });
                for (whole, x) in whole.iter_mut().zip(rows) {
                    // SAFETY: a pair is 4 bytes, and the load needs no alignment.
                    let x = unsafe { v128_load32_splat((&raw const *x).cast()) };
                    for (sum, weights) in whole.iter_mut().zip(weights) {
                        *sum = i32x4_add(*sum, i32x4_dot_i16x8(weights, x));
                    }
                }
            }
            // SAFETY: each half of the scales is 16 bytes, and the load needs no alignment.
            let weight_scales: [v128; HALVES] = std::array::from_fn(|half| unsafe {
                v128_load(weight_scales[4 * half..][..4].as_ptr().cast())
            });
            for ((sums, whole), scale) in sums.iter_mut().zip(whole).zip(row_scales) {
                for ((sum, whole), weight_scale) in sums.iter_mut().zip(whole).zip(weight_scales) {
                    let scale = f32x4_mul(weight_scale, f32x4_splat(*scale));
                    *sum = f32x4_add(*sum, f32x4_mul(f32x4_convert_i32x4(whole), scale));
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
}

#[cfg(test)]
mod tests {
    use image2_package::blocks;

    use super::*;

    /// `rows` by `columns` weights that use every step of their format: decoded, and as panels.
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
        (
            stored.decode(),
            Quantized::new(&bytes).expect("whole numbers"),
        )
    }

    #[test]
    fn whole_numbers_come_close_to_what_they_stand_for() {
        for (format, rows, columns) in [(Format::Q8, 13, 70), (Format::Q4, 8, 32)] {
            let (dense, whole) = weights(format, rows, columns);
            let x: Vec<f32> = (0..3 * columns).map(|i| (i as f32 * 0.7).sin()).collect();
            let rounded = Rounded::new(3, |i| &x[i * columns..][..columns]);
            for n in 0..rows.div_ceil(LANES) {
                let sums = whole.product::<false>(&rounded, 0, n);
                for (i, j) in
                    (0..3).flat_map(|i| (0..LANES.min(rows - n * LANES)).map(move |j| (i, j)))
                {
                    let row = &dense[(n * LANES + j) * columns..][..columns];
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
    fn wide_instructions_give_the_same_numbers() {
        if !std::is_x86_feature_detected!("avx2") {
            return;
        }
        let (_, whole) = weights(Format::Q8, 16, 96);
        let x: Vec<f32> = (0..4 * 96).map(|i| (i as f32 * 0.3).cos()).collect();
        let rounded = Rounded::new(4, |i| &x[i * 96..][..96]);
        for n in 0..2 {
            let [wide, narrow] = [
                whole.product::<true>(&rounded, 0, n),
                whole.product::<false>(&rounded, 0, n),
            ];
            assert_eq!(wide, narrow);
        }
    }
}
