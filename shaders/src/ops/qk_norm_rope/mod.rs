//! RMS norm and rotary position embedding of queries and keys, in place.
//!
//! Each head of `q` and `k` is divided by `√(mean(x²) + ε)` and rotated by its row's angles; `q` is
//! then scaled by `log₂ e / √head_dim`, so that attention can use powers of two.

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(all(test, feature = "cpu", feature = "gpu"))]
mod tests;

use crate::ir::{Operation, TensorId, Tensors};

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct QkNormRope {
    /// `[rows, 3 × heads × head_dim]`: queries, keys, values.
    pub qkv: TensorId,
    /// Heads.
    pub heads: usize,
    /// Features of a head, even.
    pub head_dim: usize,
    /// `[rows, head_dim]`: the cosines of each row's angles, then the sines.
    pub angles: TensorId,
    /// Added to the mean square.
    pub epsilon: f32,
}

/// Vectors (a head of a row's queries or keys) that a workgroup takes.
const GROUP: usize = 8;

impl QkNormRope {
    /// Workgroups for so many rows.
    #[must_use]
    pub fn workgroups(rows: usize, heads: usize) -> [usize; 3] {
        [vectors(rows, heads).div_ceil(GROUP), 1, 1]
    }
}

fn vectors(rows: usize, heads: usize) -> usize {
    rows.saturating_mul(2 * heads)
}

impl Operation for QkNormRope {
    fn name(&self) -> &'static str {
        "qk_norm_rope"
    }

    fn check(&self, tensors: &Tensors) {
        let [rows, columns] = tensors.matrix(self.qkv);
        assert_eq!(
            columns,
            3 * self.heads * self.head_dim,
            "queries, keys, values"
        );
        assert!(self.head_dim.is_multiple_of(2), "features rotate in pairs");
        assert_eq!(tensors.matrix(self.angles), [rows, self.head_dim], "angles");
    }

    fn reads(&self) -> Vec<TensorId> {
        vec![self.qkv, self.angles]
    }

    fn writes(&self) -> Vec<TensorId> {
        vec![self.qkv]
    }

    fn workgroups(&self, tensors: &Tensors) -> [usize; 3] {
        Self::workgroups(tensors.matrix(self.qkv)[0], self.heads)
    }
}
