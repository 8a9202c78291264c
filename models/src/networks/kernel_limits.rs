//! The limits of the kernels, as networks count with them before they record a graph.
//!
//! The one place where numbers of `image2-shaders` are repeated; what that room offers is asked.

use image2_shaders::graph::{Preview, Rotate};

/// Workgroups that WebGPU guarantees in one dimension of a dispatch.
pub(crate) const WORKGROUPS_MAX: u64 = 65_535;

/// The most features of a head: the attention kernels hold a head in workgroup memory.
const HEAD_DIM_MAX: usize = 64;

/// Whether the attention kernels support heads of so many features, which they read in vectors of
/// four.
pub(super) fn supports_head_dim(head_dim: usize) -> bool {
    head_dim.is_multiple_of(4) && (4..=HEAD_DIM_MAX).contains(&head_dim)
}

/// Workgroups that norm and rotate the queries and keys of so many rows.
pub(super) fn rotate_workgroups(rows: usize, heads: usize) -> u64 {
    (2 * rows as u64)
        .saturating_mul(heads as u64)
        .div_ceil(Rotate::GROUP as u64)
}

/// Workgroups of a preview.
pub(crate) fn preview_workgroups([height, width]: [usize; 2]) -> u64 {
    (height * width).div_ceil(Preview::GROUP) as u64
}

/// Workgroups of a step: a row of them for each patch.
pub(crate) fn advance_workgroups(patches: usize) -> u64 {
    patches as u64
}
