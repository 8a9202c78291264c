//! Linear layer with what surrounds it: `y = W (norm x) + bias + residual`, or with a gated weight
//! `y = silu(w₁ (norm x)) · w₃ (norm x) + residual` (SwiGLU).
//!
//! The norm divides each row of `x` by `√(mean(x²) + ε)`. It has no weights, so it is a factor of
//! each row of the product. Where `x` or `residual` has fewer rows than `y`, they repeat: one set of
//! positions serves every picture of a batch. Where `x` has fewer columns than the weight has
//! inputs, the missing ones count as zeros.

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(feature = "gpu")]
mod kernel;
#[cfg(all(test, feature = "cpu", feature = "gpu"))]
mod tests;
mod weights;

use std::sync::Arc;

pub use weights::LinearWeights;

use crate::ir::{Operation, Rows, TensorId, Tensors};
use crate::tuning::Tile;

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct Linear {
    /// The weights.
    pub weights: Arc<LinearWeights>,
    /// The input.
    pub x: Rows,
    /// The ε of an RMS norm of each row of `x`; `None` for no norm.
    pub rms_norm: Option<f32>,
    /// Added to the product; may be `y` itself.
    pub residual: Option<Rows>,
    /// The output; another tensor than `x`.
    pub y: Rows,
}

impl Operation for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn check(&self, tensors: &Tensors) {
        for rows in [Some(self.x), self.residual, Some(self.y)]
            .into_iter()
            .flatten()
        {
            rows.check(tensors);
            assert!(
                self.y.count.is_multiple_of(rows.count),
                "{} rows do not repeat to {}",
                rows.count,
                self.y.count
            );
        }
        let weights = &self.weights;
        assert!(
            (1..=weights.inputs()).contains(&self.x.columns),
            "{} features for weights with {} inputs",
            self.x.columns,
            weights.inputs()
        );
        assert_eq!(self.y.columns, weights.outputs(), "features of the output");
        assert!(
            self.residual
                .is_none_or(|rows| rows.columns == self.y.columns),
            "features of the residual"
        );
        assert_ne!(self.x.of, self.y.of, "a product is not made in place");
        assert!(
            self.residual
                .is_none_or(|rows| rows.of != self.y.of || rows == self.y),
            "a residual within the output is the output"
        );
    }

    fn reads(&self) -> Vec<TensorId> {
        let residual = self.residual.map(|rows| rows.of);
        std::iter::once(self.x.of).chain(residual).collect()
    }

    fn writes(&self) -> Vec<TensorId> {
        vec![self.y.of]
    }

    fn flops(&self) -> u64 {
        2 * (self.y.count * self.x.columns * self.weights.rows()) as u64
    }

    /// In the smallest tile.
    fn workgroups(&self, _: &Tensors) -> [usize; 3] {
        let Tile { rows, columns } = Tile::MIN;
        [
            self.weights.rows().div_ceil(8 * columns),
            self.y.count.div_ceil(8 * rows),
            1,
        ]
    }
}
