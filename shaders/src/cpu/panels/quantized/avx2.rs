//! The product in 256-bit integers of x86.

use std::arch::x86_64::*;

use super::operands::{LANES, Operands, ROWS, Sums};

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
