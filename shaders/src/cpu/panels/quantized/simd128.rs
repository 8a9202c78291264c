//! The product in 128-bit integers of wasm.

use std::arch::wasm32::*;

use super::operands::{LANES, Operands, ROWS, Sums};

/// Registers of four lanes in a panel.
const HALVES: usize = LANES / 4;

pub(super) fn product(operands: &Operands<'_>) -> Sums {
    let mut sums = [[f32x4_splat(0.0); HALVES]; ROWS];
    for (weights, weight_scales, rows, row_scales) in operands.blocks() {
        let mut whole = [[i32x4_splat(0); HALVES]; ROWS];
        // Not unrolled: the compiler would hoist more loads than fit into registers.
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
