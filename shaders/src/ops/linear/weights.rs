//! The weights of a linear layer.

use image2_package::blocks::Format;

use crate::compute::Compute;
use crate::resident::Resident;
use crate::weight::Weight;

/// The weights of a linear layer: a matrix and perhaps a bias, or the two matrices of a gate.
#[derive(Debug)]
pub struct LinearWeights {
    /// One, or the two of a gate.
    pub(super) matrices: Vec<Weight>,
    pub(super) bias: Option<Resident>,
}

impl LinearWeights {
    /// `W x`.
    #[must_use]
    pub fn new(weight: Weight) -> Self {
        Self {
            matrices: vec![weight],
            bias: None,
        }
    }

    /// `W x + bias`.
    ///
    /// # Panics
    /// If the bias does not have one value per output.
    #[must_use]
    pub fn with_bias(compute: &Compute, weight: Weight, bias: &[f32]) -> Self {
        assert_eq!(bias.len(), weight.rows(), "one bias per output");
        Self {
            bias: Some(Resident::new(compute, [1, weight.rows()], bias)),
            matrices: vec![weight],
        }
    }

    /// `silu(w₁ x) · w₃ x`.
    ///
    /// # Panics
    /// If the two differ in shape or format.
    #[must_use]
    pub fn gated(w1: Weight, w3: Weight) -> Self {
        let like = |weight: &Weight| (weight.rows(), weight.columns(), weight.format());
        assert_eq!(like(&w1), like(&w3), "both matrices of a gate");
        Self {
            matrices: vec![w1, w3],
            bias: None,
        }
    }

    /// Features of the output.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.matrices[0].rows()
    }

    /// Features of the input.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.matrices[0].columns()
    }

    /// The storage format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.matrices[0].format()
    }

    /// Whether these are the two matrices of a gate.
    #[must_use]
    pub fn is_gated(&self) -> bool {
        self.matrices.len() == 2
    }

    /// Whether there is a bias.
    #[must_use]
    pub fn is_biased(&self) -> bool {
        self.bias.is_some()
    }

    /// Rows of all matrices.
    pub(super) fn rows(&self) -> usize {
        self.outputs() * self.matrices.len()
    }
}
