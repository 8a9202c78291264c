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

use super::Work;
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

/// What a unit needs, reused from one to the next.
pub(super) struct Memory {
    lines: Lines,
    tiles: Tiles,
    sums: Box<Sums>,
}

impl Memory {
    pub(super) fn new(filters: &Filters) -> Self {
        Self {
            lines: Lines::new(filters.channels),
            tiles: Tiles::new(filters.channels),
            sums: Box::new([[[0; LANES]; TILES]; POSITIONS]),
        }
    }
}

/// Computes output lines from `first` on, as many as `y` has.
pub(super) fn convolve(
    work: &Work<'_>,
    filters: &Filters,
    memory: &mut Memory,
    first: usize,
    y: &mut [f32],
) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
        // SAFETY: the processor has the features that the function is compiled for.
        return unsafe { convolve_avx2(work, filters, memory, first, y) };
    }
    convolve_with::<false>(work, filters, memory, first, y);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn convolve_avx2(
    work: &Work<'_>,
    filters: &Filters,
    memory: &mut Memory,
    first: usize,
    y: &mut [f32],
) {
    convolve_with::<true>(work, filters, memory, first, y);
}

/// `AVX2`: whether this is compiled for AVX2.
#[inline(always)]
fn convolve_with<const AVX2: bool>(
    work: &Work<'_>,
    filters: &Filters,
    memory: &mut Memory,
    first: usize,
    y: &mut [f32],
) {
    let Memory { lines, tiles, sums } = memory;
    let (width, stride) = (work.op.y.size[1], work.stride);
    let height = y.len() / (width * stride);
    for column in (0..width).step_by(COLUMNS) {
        let size = [height, COLUMNS.min(width - column)];
        let scale = lines.round(work, [first, column], size);
        let count = tiles.transform(lines, size);
        for (n, scales) in filters.scales.iter().enumerate() {
            for (position, sums) in sums.iter_mut().enumerate() {
                let weights = filters.at(n, position);
                let groups = sums.as_chunks_mut().0.iter_mut().enumerate();
                for (group, sums) in groups.take(count.div_ceil(SIDE_BY_SIDE)) {
                    let own = tiles.at(position, SIDE_BY_SIDE * group);
                    product::<AVX2>(weights, own, sums);
                }
            }
            let panel = work.output.panel::<LANES>(n * LANES);
            let scales = scales.map(|of_output| of_output * scale);
            let across = size[1].div_ceil(2);
            for tile in 0..count {
                let [i, j] = [2 * (tile / across), 2 * (tile % across)];
                let outputs = transform::outputs(sums, tile, &scales);
                for (u, v) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                    if i + u < size[0] && j + v < size[1] {
                        let pixel = (i + u) * width + column + j + v;
                        let y = &mut y[pixel * stride..][..stride];
                        panel.store(first * width + pixel, &outputs[u][v], y);
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
