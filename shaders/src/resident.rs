//! Matrices that outlive a run: inputs, results, constants.

use crate::compute::{Compute, DeviceFault};

/// A matrix `[rows, columns]` of f32 on a device. Clones name the same memory.
#[derive(Clone, Debug)]
pub struct Resident {
    shape: [usize; 2],
    pub(crate) storage: Storage,
}

#[derive(Clone, Debug)]
pub(crate) enum Storage {
    #[cfg(feature = "gpu")]
    Gpu(crate::gpu::Buffer),
    #[cfg(feature = "cpu")]
    Cpu(crate::cpu::Shared),
}

impl Resident {
    /// Zeros.
    #[must_use]
    pub fn zeros(compute: &Compute, shape: [usize; 2]) -> Self {
        let count = shape.iter().product();
        let storage = match compute {
            #[cfg(feature = "gpu")]
            Compute::Gpu(gpu) => Storage::Gpu(gpu.zeros(count)),
            #[cfg(feature = "cpu")]
            Compute::Cpu => Storage::Cpu(crate::cpu::shared(vec![0.0; count])),
            #[cfg(not(feature = "cpu"))]
            Compute::Cpu => panic!("this build has no processor path"),
        };
        Self { shape, storage }
    }

    /// These values.
    ///
    /// # Panics
    /// If there are more or fewer than the shape holds.
    #[must_use]
    pub fn new(compute: &Compute, shape: [usize; 2], values: &[f32]) -> Self {
        let resident = Self::zeros(compute, shape);
        resident.write(0, values);
        let count: usize = shape.iter().product();
        assert_eq!(values.len(), count, "values of {shape:?}");
        resident
    }

    /// Rows and columns.
    #[must_use]
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }

    /// Replaces whole rows, from `first_row` on; runs that were submitted before do not see it.
    ///
    /// # Panics
    /// If the rows lie outside.
    pub fn write(&self, first_row: usize, values: &[f32]) {
        let [rows, columns] = self.shape;
        let start = first_row * columns;
        assert!(
            start + values.len() <= rows * columns,
            "{} values from row {first_row} on of {rows} by {columns}",
            values.len()
        );
        match &self.storage {
            #[cfg(feature = "gpu")]
            Storage::Gpu(buffer) => buffer.write(start, values),
            #[cfg(feature = "cpu")]
            Storage::Cpu(shared) => {
                crate::cpu::lock(shared)[start..start + values.len()].copy_from_slice(values);
            }
        }
    }

    /// The values after everything that was submitted.
    ///
    /// # Errors
    /// The device's faults: values that it spoiled are not returned.
    pub async fn read(&self) -> Result<Vec<f32>, DeviceFault> {
        match &self.storage {
            #[cfg(feature = "gpu")]
            Storage::Gpu(buffer) => buffer.read().await,
            #[cfg(feature = "cpu")]
            Storage::Cpu(shared) => Ok(crate::cpu::lock(shared).clone()),
        }
    }
}
