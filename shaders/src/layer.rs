//! Weights of linear layers, which stay as the package stores them wherever the device can read
//! them so.

use image2_package::blocks::{BLOCK, Format};

use crate::compute::Compute;
use crate::resident::Resident;

/// A weight matrix as a package stores it; see `image2_package::blocks` for the layout.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a> {
    /// How values are stored.
    pub format: Format,
    /// Output features.
    pub rows: usize,
    /// Input features.
    pub columns: usize,
    /// `[blocks, rows, block bytes]`
    pub values: &'a [u8],
    /// `[blocks, rows]` in f16; empty where the format has none.
    pub scales: &'a [u8],
}

impl Packed<'_> {
    fn check(&self) {
        let blocks = self.rows * self.columns.div_ceil(BLOCK);
        assert_eq!(
            self.values.len(),
            blocks * self.format.block_bytes(),
            "values of a {} by {} matrix",
            self.rows,
            self.columns
        );
        let scales = if self.format.has_scales() {
            2 * blocks
        } else {
            0
        };
        assert_eq!(self.scales.len(), scales, "scales");
    }
}

/// A weight matrix on a device.
#[derive(Debug)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    format: Format,
    pub(crate) storage: Storage,
}

#[derive(Debug)]
pub(crate) enum Storage {
    #[cfg(feature = "gpu")]
    Gpu(crate::gpu::MatrixBuffer),
    #[cfg(feature = "cpu")]
    Cpu(crate::cpu::Panels),
}

impl Matrix {
    /// Puts a packed matrix on the device.
    ///
    /// # Panics
    /// If the bytes do not have the lengths that shape and format ask for: a package's reader has
    /// checked them.
    #[must_use]
    pub fn new(compute: &Compute, packed: &Packed<'_>) -> Self {
        packed.check();
        let storage = match compute {
            #[cfg(feature = "gpu")]
            Compute::Gpu(gpu) => Storage::Gpu(crate::gpu::MatrixBuffer::new(gpu, packed)),
            #[cfg(feature = "cpu")]
            Compute::Cpu => Storage::Cpu(crate::cpu::Panels::new(packed)),
            #[cfg(not(feature = "cpu"))]
            Compute::Cpu => panic!("this build has no processor path"),
        };
        Self {
            rows: packed.rows,
            columns: packed.columns,
            format: packed.format,
            storage,
        }
    }
}

/// The weights of a linear layer: one matrix and perhaps a bias, or the two matrices of a gate.
#[derive(Debug)]
pub struct Layer {
    pub(crate) matrices: Vec<Matrix>,
    pub(crate) bias: Option<Resident>,
}

impl Layer {
    /// `W x`.
    #[must_use]
    pub fn new(weight: Matrix) -> Self {
        Self {
            matrices: vec![weight],
            bias: None,
        }
    }

    /// `W x + bias`.
    ///
    /// # Panics
    /// If the bias does not have one value an output.
    #[must_use]
    pub fn with_bias(compute: &Compute, weight: Matrix, bias: &[f32]) -> Self {
        assert_eq!(bias.len(), weight.rows, "one bias an output");
        Self {
            bias: Some(Resident::new(compute, [1, weight.rows], bias)),
            matrices: vec![weight],
        }
    }

    /// `silu(w₁ x) · w₃ x`.
    ///
    /// # Panics
    /// If the two differ in shape or format.
    #[must_use]
    pub fn gated(w1: Matrix, w3: Matrix) -> Self {
        let like = |matrix: &Matrix| (matrix.rows, matrix.columns, matrix.format);
        assert_eq!(like(&w1), like(&w3), "both matrices of a gate");
        Self {
            matrices: vec![w1, w3],
            bias: None,
        }
    }

    /// Features of the output.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.matrices[0].rows
    }

    /// Features of the input.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.matrices[0].columns
    }

    /// How the weights are stored.
    #[must_use]
    pub fn format(&self) -> Format {
        self.matrices[0].format
    }

    /// Whether it is the two matrices of a gate.
    #[must_use]
    pub fn is_gated(&self) -> bool {
        self.matrices.len() == 2
    }

    /// Whether it has a bias.
    #[must_use]
    pub fn is_biased(&self) -> bool {
        self.bias.is_some()
    }

    /// Rows of all its matrices.
    pub(crate) fn stored_rows(&self) -> usize {
        self.outputs() * self.matrices.len()
    }
}
