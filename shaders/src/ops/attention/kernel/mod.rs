//! The kernel: `shared.wgsl` and one of two ways of multiplying, in permutations.

mod float;
mod subgroup_matrix;
mod variant;

pub(super) use variant::Variant;

use super::{Attention, CHUNK};
use crate::gpu::{NARROWED, Source};
use crate::tuning::Arithmetic;

/// # Panics
/// If the kernel does not support heads of so many features.
pub(super) fn source(variant: Variant) -> Source {
    let Variant {
        heads, head_dim, ..
    } = variant;
    assert!(
        Attention::supports(head_dim),
        "heads of {head_dim} features"
    );
    let source = match variant.arithmetic {
        Arithmetic::SubgroupMatrix(matrix) => subgroup_matrix::source(variant, matrix),
        _ => float::source(variant),
    };
    source
        .flag("half", variant.half())
        .include("narrowed", NARROWED)
        .fill("heads", heads)
        .fill("head_dim", head_dim)
        .fill("chunks", variant.chunks())
        .flag("partial_chunk", !head_dim.is_multiple_of(CHUNK))
}

/// Queries of a workgroup.
pub(super) fn queries(variant: Variant) -> usize {
    match variant.arithmetic {
        Arithmetic::SubgroupMatrix(_) => subgroup_matrix::QUERIES,
        _ => float::TILE,
    }
}
