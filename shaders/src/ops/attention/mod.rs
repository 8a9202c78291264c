//! Attention: `out = softmax(q kᵀ) v` for each head, on queries and keys that
//! [`QkNormRope`](super::QkNormRope) prepared: scores are exponents of two.

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(feature = "gpu")]
mod kernel;
#[cfg(all(test, feature = "cpu", feature = "gpu"))]
mod tests;

use super::Sequence;
use crate::ir::{Operation, TensorId, Tensors};

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct Attention {
    /// `[rows, 3 × heads × head_dim]`: queries, keys, values.
    pub qkv: TensorId,
    /// `[rows, heads × head_dim]`; another tensor than `qkv`.
    pub out: TensorId,
    /// Heads.
    pub heads: usize,
    /// Features of a head; see [`Attention::supports`].
    pub head_dim: usize,
    /// Which rows attend to each other.
    pub sequence: Sequence,
    /// Whether only the pictures' rows are queries: the texts of the last block are not used.
    pub pictures_only: bool,
}

/// Features of a head that a kernel takes at a time.
const CHUNK: usize = 32;
/// Queries of a workgroup, at least; see `kernel/`.
const QUERIES_MIN: usize = 32;

impl Attention {
    /// The most features of a head: more do not fit into the kernels' registers.
    pub const HEAD_DIM_MAX: usize = 2 * CHUNK;

    /// Whether heads may have so many features: whole vectors of four, and not more than
    /// [`Self::HEAD_DIM_MAX`].
    #[must_use]
    pub fn supports(head_dim: usize) -> bool {
        head_dim.is_multiple_of(4) && (4..=Self::HEAD_DIM_MAX).contains(&head_dim)
    }

    /// The first token of an item that is a query.
    fn first(&self) -> usize {
        match self.pictures_only {
            true => self.sequence.text[1],
            false => 0,
        }
    }

    /// Queries of an item.
    fn queries(&self) -> usize {
        self.sequence.length() - self.first()
    }
}

impl Operation for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn check(&self, tensors: &Tensors) {
        let [rows, columns] = tensors.matrix(self.qkv);
        let width = self.heads * self.head_dim;
        assert_eq!(columns, 3 * width, "queries, keys, values");
        assert_eq!(tensors.matrix(self.out), [rows, width], "the output");
        assert!(self.sequence.end() <= rows, "{:?}", self.sequence);
        assert_ne!(self.qkv, self.out);
        assert!(
            Self::supports(self.head_dim),
            "heads of {} features",
            self.head_dim
        );
    }

    fn reads(&self) -> Vec<TensorId> {
        vec![self.qkv]
    }

    fn writes(&self) -> Vec<TensorId> {
        vec![self.out]
    }

    fn flops(&self) -> u64 {
        let products = self.sequence.batch * self.queries() * self.sequence.length();
        4 * (products * self.heads * self.head_dim) as u64
    }

    fn workgroups(&self, _: &Tensors) -> [usize; 3] {
        let tiles = self.queries().div_ceil(QUERIES_MIN);
        [tiles, self.heads, self.sequence.batch]
    }
}
