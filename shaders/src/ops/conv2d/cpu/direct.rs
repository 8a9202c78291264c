//! Any convolution: the patches of `PIXELS` output pixels are gathered into rows, which are multiplied
//! by the weights as those of a linear layer.

use super::Work;
use crate::cpu::panels::{self, Panels, ROWS, Rounded};
use crate::ops::Conv2d;

/// Output pixels that share a panel of weights while it is in the nearest cache.
pub(super) const PIXELS: usize = 16;

/// Computes output pixels from `first` on, as many as `y` has rows.
pub(super) fn convolve(work: &Work<'_>, first: usize, y: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
        // SAFETY: the processor has the features that the function is compiled for.
        return unsafe { convolve_avx2(work, first, y) };
    }
    convolve_with::<false>(work, first, y);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn convolve_avx2(work: &Work<'_>, first: usize, y: &mut [f32]) {
    convolve_with::<true>(work, first, y);
}

/// `AVX2`: whether this is compiled for AVX2 with fused multiply-add.
#[inline(always)]
fn convolve_with<const AVX2: bool>(work: &Work<'_>, first: usize, y: &mut [f32]) {
    let weights = &work.op.weights;
    let (count, columns) = (y.len() / work.stride, weights.columns());
    let mut patches = vec![0.0; count * columns];
    for (i, patch) in patches.chunks_exact_mut(columns).enumerate() {
        gather(work, first + i, patch);
    }
    let row = |i: usize| &patches[i.min(count - 1) * columns..][..columns];
    match weights.matrix.storage.cpu() {
        Panels::Quantized(weight) => {
            let rows = Rounded::new(count, row);
            for n in 0..weights.outputs().div_ceil(panels::QUANTIZED_LANES) {
                for at in (0..count).step_by(ROWS) {
                    let sums = weight.product::<AVX2>(&rows, at, n);
                    store(work, first + at, n, &sums, &mut y[at * work.stride..]);
                }
            }
        }
        Panels::Decoded(weight) => {
            let rows = panels::side_by_side(count, row);
            for n in 0..weights.outputs().div_ceil(panels::LANES) {
                for at in (0..count).step_by(ROWS) {
                    let rows = &rows[at / ROWS * columns..][..columns];
                    let sums = weight.product::<AVX2>(rows, n);
                    store(work, first + at, n, &sums, &mut y[at * work.stride..]);
                }
            }
        }
    }
}

/// Stores the sums of pixels from `first` on times panel `n`; the last ones may be without a row.
#[inline(always)]
fn store<const LANES: usize>(
    work: &Work<'_>,
    first: usize,
    n: usize,
    sums: &[[f32; LANES]; ROWS],
    y: &mut [f32],
) {
    let panel = work.output.panel(n * LANES);
    let pixels = y.chunks_exact_mut(work.stride).zip(sums).enumerate();
    pixels.for_each(|(i, (y, sums))| panel.store(first + i, sums, y));
}

/// The input of output pixel `pixel`, tap by tap.
#[inline(always)]
fn gather(work: &Work<'_>, pixel: usize, patch: &mut [f32]) {
    let Conv2d {
        x,
        y,
        stride,
        padding,
        ..
    } = work.op;
    let ([height, width], (values, from_next)) = (x.size, work.x);
    let [_, taps] = work.op.weights.kernel();
    let [line, column] = [pixel / y.size[1], pixel % y.size[1]];
    for (tap, to) in patch.chunks_exact_mut(x.channels).enumerate() {
        // Before the image they wrap to numbers beyond its end.
        let line = (line * stride + tap / taps).wrapping_sub(padding[0]);
        let column = (column * stride + tap % taps).wrapping_sub(padding[0]);
        if line < height && column < width {
            let from = (line * width + column) * from_next;
            to.copy_from_slice(&values[from..][..x.channels]);
        }
    }
}
