//! The permutations of the kernel, and what both ways of multiplying fill in alike.

mod float;
mod subgroup_matrix;

use super::CHUNK;
use crate::gpu::{NARROWED, Source};
use crate::tuning::{Arithmetic, SubgroupMatrix};

/// One permutation of the kernel.
#[derive(Clone, Copy, Debug)]
pub(in crate::ops::attention) struct Variant {
    pub heads: usize,
    pub head_dim: usize,
    pub arithmetic: Arithmetic,
    /// Whether lanes exchange values; by subgroup matrices they do in any case.
    pub subgroups: bool,
}

impl Variant {
    /// # Panics
    /// If heads have more features than the kernel's registers hold, or no whole vectors of them.
    pub(in crate::ops::attention) fn source(self) -> Source {
        let Self {
            heads, head_dim, ..
        } = self;
        assert!(
            head_dim.is_multiple_of(4) && self.chunks() <= 2,
            "heads of {head_dim} features"
        );
        let half = match self.arithmetic {
            Arithmetic::Half | Arithmetic::SubgroupMatrix(SubgroupMatrix { half: true, .. }) => {
                true
            }
            Arithmetic::Single | Arithmetic::Packed | Arithmetic::SubgroupMatrix(_) => false,
        };
        let source = match self.arithmetic {
            Arithmetic::SubgroupMatrix(matrix) => subgroup_matrix::source(self, matrix),
            _ => float::source(self, half),
        };
        source
            .flag("half", half)
            .include("narrowed", NARROWED)
            .fill("heads", heads)
            .fill("head_dim", head_dim)
            .fill("chunks", self.chunks())
            .flag("partial_chunk", !head_dim.is_multiple_of(CHUNK))
    }

    /// Uses a kind of subgroup matrix in every way that the other permutations do.
    pub(in crate::ops::attention) fn trial(matrix: SubgroupMatrix) -> Self {
        Self {
            heads: 1,
            head_dim: 2 * CHUNK,
            arithmetic: Arithmetic::SubgroupMatrix(matrix),
            subgroups: true,
        }
    }

    fn chunks(self) -> usize {
        self.head_dim.div_ceil(CHUNK)
    }

    /// Queries of a workgroup.
    pub(in crate::ops::attention) fn queries(self) -> usize {
        match self.arithmetic {
            Arithmetic::SubgroupMatrix(_) => subgroup_matrix::QUERIES,
            _ => float::TILE,
        }
    }
}
