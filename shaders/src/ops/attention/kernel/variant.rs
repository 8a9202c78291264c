//! One permutation of the kernel.

use super::super::CHUNK;
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
    /// Uses a kind of subgroup matrix in every way that the other permutations do.
    pub(in crate::ops::attention) fn trial(matrix: SubgroupMatrix) -> Self {
        Self {
            heads: 1,
            head_dim: 2 * CHUNK,
            arithmetic: Arithmetic::SubgroupMatrix(matrix),
            subgroups: true,
        }
    }

    /// Whether operands are f16.
    pub(super) fn half(self) -> bool {
        match self.arithmetic {
            Arithmetic::Half => true,
            Arithmetic::SubgroupMatrix(matrix) => matrix.half,
            Arithmetic::Single | Arithmetic::Packed => false,
        }
    }

    pub(super) fn chunks(self) -> usize {
        self.head_dim.div_ceil(CHUNK)
    }
}
