//! The product in 128-bit integers of wasm.

use std::arch::wasm32::*;

use super::SIDE_BY_SIDE;
use super::filters::{LANES, Pairs};

/// Registers of four lanes in a panel.
const HALVES: usize = LANES / 4;

#[inline(always)]
pub(super) fn product(
    weights: &[Pairs],
    tiles: [&[[i16; 2]]; SIDE_BY_SIDE],
    to: &mut [[i32; LANES]; SIDE_BY_SIDE],
) {
    let mut sums = [[i32x4_splat(0); HALVES]; SIDE_BY_SIDE];
    let tiles = tiles.map(|tile| &tile[..weights.len()]);
    for (i, weights) in weights.iter().enumerate() {
        // SAFETY: each half of a pair's values is 16 bytes, and the load needs no alignment.
        let weights: [v128; HALVES] = std::array::from_fn(|half| unsafe {
            v128_load(weights[4 * half..][..4].as_ptr().cast())
        });
        for (sums, tile) in sums.iter_mut().zip(tiles) {
            // SAFETY: a pair is 4 bytes, and the load needs no alignment.
            let x = unsafe { v128_load32_splat((&raw const tile[i]).cast()) };
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(weights, x));
            }
        }
    }
    for (to, halves) in to.iter_mut().zip(sums) {
        for (to, half) in to.chunks_exact_mut(4).zip(halves) {
            // SAFETY: four i32 are 16 bytes, and the store needs no alignment.
            unsafe { v128_store(to.as_mut_ptr().cast(), half) };
        }
    }
}
