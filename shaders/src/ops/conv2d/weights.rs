//! The weights of a convolution.

use image2_package::blocks::Format;

#[cfg(feature = "cpu")]
use super::cpu::Filters;
#[cfg(feature = "cpu")]
use crate::backend::OnDevice;
use crate::compute::Compute;
use crate::resident::Resident;
use crate::weight::Weight;

/// The weights of a convolution: a matrix, and perhaps a bias and the slopes of a PReLU.
///
/// The matrix is `[outputs, height × width × inputs]`: a row is an output's kernel, tap by tap from the
/// top left on, of each tap all input channels. From PyTorch's `[out, in, height, width]` this is
/// `permute(0, 2, 3, 1)`. Where the input channels are a multiple of 32, each of a row's blocks lies in
/// one tap.
#[derive(Debug)]
pub struct Conv2dWeights {
    pub(super) matrix: Weight,
    kernel: [usize; 2],
    pub(super) bias: Option<Resident>,
    pub(super) slopes: Option<Resident>,
    /// The matrix in another form, on the processor; `None` where that is not faster.
    #[cfg(feature = "cpu")]
    pub(super) filters: Option<Filters>,
}

impl Conv2dWeights {
    /// A kernel of `[height, width]` taps.
    ///
    /// # Panics
    /// If the matrix does not consist of whole taps.
    #[must_use]
    pub fn new(matrix: Weight, kernel: [usize; 2]) -> Self {
        let [height, width] = kernel;
        let taps = height * width;
        assert!(
            taps > 0 && matrix.columns().is_multiple_of(taps),
            "{taps} taps of {} columns",
            matrix.columns()
        );
        Self {
            #[cfg(feature = "cpu")]
            filters: match &matrix.storage {
                OnDevice::Cpu(panels) if matrix.format() != Format::F32 => {
                    Filters::new(panels, [matrix.rows(), matrix.columns()], kernel)
                }
                // Single precision was asked for.
                OnDevice::Cpu(_) | OnDevice::Gpu(_) => None,
            },
            matrix,
            kernel,
            bias: None,
            slopes: None,
        }
    }

    /// With a bias.
    ///
    /// # Panics
    /// If it does not have one value per output.
    #[must_use]
    pub fn with_bias(self, compute: &Compute, bias: &[f32]) -> Self {
        let bias = Some(self.of_outputs(compute, bias));
        Self { bias, ..self }
    }

    /// With a PReLU of these slopes.
    ///
    /// # Panics
    /// If it does not have one slope per output.
    #[must_use]
    pub fn with_prelu(self, compute: &Compute, slopes: &[f32]) -> Self {
        let slopes = Some(self.of_outputs(compute, slopes));
        Self { slopes, ..self }
    }

    fn of_outputs(&self, compute: &Compute, values: &[f32]) -> Resident {
        assert_eq!(values.len(), self.outputs(), "one value per output");
        Resident::new(compute, [1, values.len()], values)
    }

    /// Channels of the output.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.matrix.rows()
    }

    /// Channels of the input.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.columns() / (self.kernel[0] * self.kernel[1])
    }

    /// Height and width of the kernel.
    #[must_use]
    pub fn kernel(&self) -> [usize; 2] {
        self.kernel
    }

    /// The storage format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.matrix.format()
    }

    /// Columns of the matrix.
    pub(super) fn columns(&self) -> usize {
        self.matrix.columns()
    }
}
