//! The product for processors without the others, which are tested against it.

use super::SIDE_BY_SIDE;
use super::filters::{LANES, Pairs};

pub(super) fn product(
    weights: &[Pairs],
    tiles: [&[[i16; 2]]; SIDE_BY_SIDE],
    to: &mut [[i32; LANES]; SIDE_BY_SIDE],
) {
    for (sums, tile) in to.iter_mut().zip(tiles) {
        *sums = [0; LANES];
        for (weights, [low, high]) in weights.iter().zip(tile) {
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum += i32::from(weights[0]) * i32::from(*low)
                    + i32::from(weights[1]) * i32::from(*high);
            }
        }
    }
}
