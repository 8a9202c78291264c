//! Tensors that outlive a run: inputs, results, constants.

use crate::backend::{Backend, DeviceFault, Memory, OnDevice, Reading as _, map_device, on_device};
use crate::compute::{Compute, Cpu, Gpu};
use crate::ir::{DType, Shape};

type GpuMemory = <Gpu as Backend>::Memory;
type CpuMemory = <Cpu as Backend>::Memory;

/// A tensor on a device, of f32 unless stated otherwise. Clones name the same memory.
#[derive(Clone, Debug)]
pub struct Resident {
    dtype: DType,
    shape: Shape,
    pub(crate) memory: OnDevice<GpuMemory, CpuMemory>,
}

impl Resident {
    /// Zeros.
    #[must_use]
    pub fn zeros(compute: &Compute, shape: impl Into<Shape>) -> Self {
        Self::zeros_of(compute, DType::F32, shape)
    }

    /// Zeros of another type than f32.
    #[must_use]
    pub fn zeros_of(compute: &Compute, dtype: DType, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        Self::labelled(compute, &format!("tensor {:?}", shape.dims()), dtype, shape)
    }

    /// Zeros; `label` names the memory in a GPU's debugging tools.
    pub(crate) fn labelled(compute: &Compute, label: &str, dtype: DType, shape: Shape) -> Self {
        let count = shape.elements();
        Self {
            dtype,
            shape,
            memory: map_device!(&compute.0, device => device.zeros(label, count)),
        }
    }

    /// These values.
    ///
    /// # Panics
    /// If there are more or fewer than the shape holds.
    #[must_use]
    pub fn new(compute: &Compute, shape: impl Into<Shape>, values: &[f32]) -> Self {
        let shape = shape.into();
        assert_eq!(values.len(), shape.elements(), "values of {shape:?}");
        let resident = Self::zeros(compute, shape);
        resident.write(0, values);
        resident
    }

    /// The type of its elements.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Rows and columns; see [`Shape::matrix`].
    #[must_use]
    pub fn shape(&self) -> [usize; 2] {
        self.shape.matrix()
    }

    pub(crate) fn dims(&self) -> Shape {
        self.shape
    }

    /// Replaces whole rows, from `first_row` on; runs submitted earlier do not see the change.
    ///
    /// # Panics
    /// If the rows lie outside.
    pub fn write(&self, first_row: usize, values: &[f32]) {
        let [rows, columns] = self.shape();
        let start = first_row * columns;
        assert!(
            start + values.len() <= rows * columns,
            "{} values from row {first_row} on of {rows} by {columns}",
            values.len()
        );
        on_device!(&self.memory, memory => memory.write(start, values));
    }

    /// Requests the values as of everything submitted so far, without waiting: later submissions do
    /// not change them.
    #[must_use]
    pub fn reading(&self) -> Reading {
        Reading(map_device!(&self.memory, memory => memory.reading()))
    }

    /// The values after everything that was submitted.
    ///
    /// # Errors
    /// The device's faults: values that a fault spoiled are not returned.
    pub async fn read(&self) -> Result<Vec<f32>, DeviceFault> {
        self.reading().values().await
    }

    /// The memory it takes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        (self.shape.elements() * self.dtype.bytes()) as u64
    }

    /// Whether both name the same memory.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (&self.memory, &other.memory) {
            (OnDevice::Gpu(a), OnDevice::Gpu(b)) => a.is(b),
            (OnDevice::Cpu(a), OnDevice::Cpu(b)) => a.is(b),
            _ => false,
        }
    }
}

type GpuReading = <GpuMemory as Memory>::Reading;
type CpuReading = <CpuMemory as Memory>::Reading;

/// Values on their way from a device, as they were when they were requested.
#[derive(Debug)]
pub struct Reading(OnDevice<GpuReading, CpuReading>);

impl Reading {
    /// Waits for them.
    ///
    /// # Errors
    /// The device's faults: values that a fault spoiled are not returned.
    pub async fn values(self) -> Result<Vec<f32>, DeviceFault> {
        on_device!(self.0, reading => reading.values().await)
    }

    /// Waits for them, as bits: the elements of a [`DType::U32`] tensor.
    ///
    /// # Errors
    /// As [`Self::values`].
    pub async fn bits(self) -> Result<Vec<u32>, DeviceFault> {
        on_device!(self.0, reading => reading.bits().await)
    }
}
