//! The product for processors without the others, which are tested against it.

use super::operands::{LANES, Operands, ROWS, Sums};

pub(super) fn product(operands: &Operands<'_>) -> Sums {
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
