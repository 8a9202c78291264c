//! The product in 256-bit integers of x86.

use std::arch::x86_64::*;

use super::SIDE_BY_SIDE;
use super::filters::{LANES, Pairs};

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn product(
    weights: &[Pairs],
    tiles: [&[[i16; 2]]; SIDE_BY_SIDE],
    to: &mut [[i32; LANES]; SIDE_BY_SIDE],
) {
    let mut sums = [_mm256_setzero_si256(); SIDE_BY_SIDE];
    let [a, b, c, d] = tiles;
    let count = weights.len();
    let tiles = [&a[..count], &b[..count], &c[..count], &d[..count]];
    for (i, weights) in weights.iter().enumerate() {
        // SAFETY: a pair's values are 32 bytes, and the load needs no alignment.
        let weights = unsafe { _mm256_loadu_si256(weights.as_ptr().cast()) };
        for (sum, tile) in sums.iter_mut().zip(tiles) {
            let [low, high] = tile[i];
            let x = _mm256_set1_epi32(i32::from(low) & 0xffff | i32::from(high) << 16);
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(weights, x));
        }
    }
    for (to, sum) in to.iter_mut().zip(sums) {
        // SAFETY: eight i32 are 32 bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), sum) };
    }
}
