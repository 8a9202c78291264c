//! Natively an operation's work is distributed over threads; a browser's worker has one.

/// Calls `f` with each chunk of `values` and its number, in any order and in parallel.
#[cfg(feature = "threads")]
pub(crate) fn each_chunk(values: &mut [f32], size: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    each_chunk_with(values, size, || (), |(), i, chunk| f(i, chunk));
}

/// As [`each_chunk`], with memory that is reused from one chunk to the next.
#[cfg(feature = "threads")]
pub(crate) fn each_chunk_with<M>(
    values: &mut [f32],
    size: usize,
    memory: impl Fn() -> M + Sync + Send,
    f: impl Fn(&mut M, usize, &mut [f32]) + Sync,
) {
    use rayon::prelude::*;
    values
        .par_chunks_mut(size)
        .enumerate()
        .for_each_init(memory, |memory, (i, chunk)| f(memory, i, chunk));
}

/// Calls `f` with each chunk of `values` and its number.
#[cfg(not(feature = "threads"))]
pub(crate) fn each_chunk(values: &mut [f32], size: usize, f: impl Fn(usize, &mut [f32])) {
    each_chunk_with(values, size, || (), |(), i, chunk| f(i, chunk));
}

/// As [`each_chunk`], with memory that is reused from one chunk to the next.
#[cfg(not(feature = "threads"))]
pub(crate) fn each_chunk_with<M>(
    values: &mut [f32],
    size: usize,
    memory: impl Fn() -> M,
    f: impl Fn(&mut M, usize, &mut [f32]),
) {
    let mut memory = memory();
    values
        .chunks_mut(size)
        .enumerate()
        .for_each(|(i, chunk)| f(&mut memory, i, chunk));
}
