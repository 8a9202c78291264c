//! Natively an operation's work is distributed over threads; a browser's worker has one.

/// Calls `f` with each chunk of `values` and its number, in any order and in parallel.
#[cfg(feature = "threads")]
pub(crate) fn each_chunk(values: &mut [f32], size: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    use rayon::prelude::*;
    values
        .par_chunks_mut(size)
        .enumerate()
        .for_each(|(i, chunk)| f(i, chunk));
}

/// Calls `f` with each chunk of `values` and its number.
#[cfg(not(feature = "threads"))]
pub(crate) fn each_chunk(values: &mut [f32], size: usize, f: impl Fn(usize, &mut [f32])) {
    values
        .chunks_mut(size)
        .enumerate()
        .for_each(|(i, chunk)| f(i, chunk));
}
