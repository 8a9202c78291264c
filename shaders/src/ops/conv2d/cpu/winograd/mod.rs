//! Convolutions of 3 × 3 taps and stride 1 by Winograd's minimal filtering F(2 × 2, 3 × 3) (Lavin and
//! Gray, arXiv 1509.09308): a tile of 2 × 2 outputs takes 16 products for each pair of channels instead
//! of 36.
//!
//! ```text
//! y = Aᵀ (U ⊙ V) A    U = G g Gᵀ of the weights, beforehand    V = Bᵀ d B of 4 × 4 input pixels
//! ```
//!
//! V takes only additions, so input pixels are rounded before, to 12 bits and a sign at a scale of
//! their unit (see below), and V is exact in 16 bits. U is rounded to 11 bits and a sign at a scale of
//! its output, which loses less than a quarter of what the quantization of the weights to 8 bits lost.
//! Sums over the channels are exact in 32 bits. NaN and infinity become the scale, and so propagate to
//! the whole unit.
//!
//! A unit of `LINES` × `COLUMNS` output pixels is transformed at once, so that V stays in the second
//! cache while the weights of one panel of outputs after the other are in the first.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod filters;
#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
#[cfg(test)]
mod tests;
mod transform;

pub(in crate::ops::conv2d) use filters::Filters;

use super::Input;
use super::output::Output;
use crate::ops::Conv2d;
use filters::{LANES, POSITIONS, Pairs};
use transform::{Lines, Tiles};

/// Output lines of a unit.
pub(super) const LINES: usize = 4;
/// Output columns of a unit.
const COLUMNS: usize = 32;
/// Tiles of a unit.
const TILES: usize = LINES * COLUMNS / 4;
/// Tiles that share each weight that is read.
const SIDE_BY_SIDE: usize = 4;

/// Products of a panel at every position, summed over the channels.
type Sums = [[[i32; LANES]; TILES]; POSITIONS];

impl Filters {
    /// Computes output lines from `first` on, as many as `y` has.
    pub(super) fn convolve(
        &self,
        op: &Conv2d,
        x: &Input<'_>,
        output: &Output<'_>,
        first: usize,
        y: &mut [f32],
        stride: usize,
    ) {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            // SAFETY: the processor has the features that the function is compiled for.
            return unsafe { self.convolve_avx2(op, x, output, first, y, stride) };
        }
        self.convolve_with::<false>(op, x, output, first, y, stride);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn convolve_avx2(
        &self,
        op: &Conv2d,
        x: &Input<'_>,
        output: &Output<'_>,
        first: usize,
        y: &mut [f32],
        stride: usize,
    ) {
        self.convolve_with::<true>(op, x, output, first, y, stride);
    }

    /// `AVX2`: whether this is compiled for AVX2.
    #[inline(always)]
    fn convolve_with<const AVX2: bool>(
        &self,
        op: &Conv2d,
        x: &Input<'_>,
        output: &Output<'_>,
        first: usize,
        y: &mut [f32],
        stride: usize,
    ) {
        let width = op.y.size[1];
        let height = y.len() / (width * stride);
        let mut lines = Lines::new(self.channels);
        let mut tiles = Tiles::new(self.channels);
        let mut sums = vec![[[[0; LANES]; TILES]; POSITIONS]; 1];
        let sums = &mut sums[0];
        for column in (0..width).step_by(COLUMNS) {
            let columns = COLUMNS.min(width - column);
            let scale = lines.round(op, x, [first, column], [height, columns]);
            let count = tiles.transform(&lines, [height, columns]);
            for n in 0..output.channels.div_ceil(LANES) {
                for (position, sums) in sums.iter_mut().enumerate() {
                    let weights = self.at(n, position);
                    let groups = sums.chunks_exact_mut(SIDE_BY_SIDE).enumerate();
                    for (group, sums) in groups.take(count.div_ceil(SIDE_BY_SIDE)) {
                        let own = tiles.at(position, SIDE_BY_SIDE * group);
                        let sums = sums.as_mut_array().expect("tiles side by side");
                        product::<AVX2>(weights, own, sums);
                    }
                }
                let panel = output.panel::<LANES>(n * LANES);
                let scales = self.scales[n].map(|of_output| of_output * scale);
                for tile in 0..count {
                    let per_line = columns.div_ceil(2);
                    let [i, j] = [2 * (tile / per_line), 2 * (tile % per_line)];
                    let outputs = transform::outputs(sums, tile, &scales);
                    for (u, v) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                        if i + u < height && j + v < columns {
                            let place = (i + u) * width + column + j + v;
                            let y = &mut y[place * stride..][..stride];
                            panel.store(first * width + place, &outputs[u][v], y);
                        }
                    }
                }
            }
        }
    }
}

/// Each of these tiles times a panel.
#[inline(always)]
fn product<const AVX2: bool>(
    weights: &[Pairs],
    tiles: [&[[i16; 2]]; SIDE_BY_SIDE],
    sums: &mut [[i32; LANES]; SIDE_BY_SIDE],
) {
    #[cfg(target_arch = "x86_64")]
    if AVX2 {
        // SAFETY: the caller checked that the processor has AVX2.
        return unsafe { avx2::product(weights, tiles, sums) };
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    simd128::product(weights, tiles, sums);
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    portable::product(weights, tiles, sums);
}
