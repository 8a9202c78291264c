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

    /// Asks for the values after everything that was submitted so far, without waiting: what is
    /// submitted later does not change them.
    #[must_use]
    pub fn reading(&self) -> Reading {
        Reading(match &self.storage {
            #[cfg(feature = "gpu")]
            Storage::Gpu(buffer) => Source::Gpu(buffer.reading()),
            #[cfg(feature = "cpu")]
            Storage::Cpu(shared) => Source::Cpu(crate::cpu::lock(shared).clone()),
        })
    }

    /// The values after everything that was submitted.
    ///
    /// # Errors
    /// The device's faults: values that it spoiled are not returned.
    pub async fn read(&self) -> Result<Vec<f32>, DeviceFault> {
        self.reading().values().await
    }

    /// Memory that it takes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        4 * self.shape.iter().product::<usize>() as u64
    }

    /// Whether both name the same memory.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (&self.storage, &other.storage) {
            #[cfg(feature = "gpu")]
            (Storage::Gpu(a), Storage::Gpu(b)) => a.is(b),
            #[cfg(feature = "cpu")]
            (Storage::Cpu(a), Storage::Cpu(b)) => std::sync::Arc::ptr_eq(a, b),
            #[cfg(all(feature = "gpu", feature = "cpu"))]
            _ => false,
        }
    }
}

/// Values on their way from a device, as they were when they were asked for.
#[derive(Debug)]
pub struct Reading(Source);

#[derive(Debug)]
enum Source {
    #[cfg(feature = "gpu")]
    Gpu(crate::gpu::Reading),
    #[cfg(feature = "cpu")]
    Cpu(Vec<f32>),
}

impl Reading {
    /// Waits for them.
    ///
    /// # Errors
    /// The device's faults: values that it spoiled are not returned.
    pub async fn values(self) -> Result<Vec<f32>, DeviceFault> {
        match self.0 {
            #[cfg(feature = "gpu")]
            Source::Gpu(reading) => reading.values().await,
            #[cfg(feature = "cpu")]
            Source::Cpu(values) => Ok(values),
        }
    }

    /// Waits for them, where they are bits and not numbers, as those of
    /// [`Preview`](crate::graph::Preview).
    ///
    /// # Errors
    /// As [`Self::values`].
    pub async fn bits(self) -> Result<Vec<u32>, DeviceFault> {
        match self.0 {
            #[cfg(feature = "gpu")]
            Source::Gpu(reading) => reading.values().await,
            #[cfg(feature = "cpu")]
            Source::Cpu(values) => Ok(values.into_iter().map(f32::to_bits).collect()),
        }
    }
}
