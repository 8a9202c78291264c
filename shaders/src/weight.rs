//! A weight matrix on a device, stored as in the package wherever the device's kernels can read it
//! so.

use image2_package::blocks::Format;

use crate::backend::{Backend, OnDevice, map_device};
use crate::compute::{Compute, Cpu, Gpu};
use crate::ir::WeightBytes;

/// A weight matrix on a device.
#[derive(Debug)]
pub struct Weight {
    rows: usize,
    columns: usize,
    format: Format,
    pub(crate) storage: OnDevice<<Gpu as Backend>::Weight, <Cpu as Backend>::Weight>,
}

impl Weight {
    /// Copies a weight to the device.
    ///
    /// # Panics
    /// If the bytes do not have the lengths that shape and format require: a package's reader has
    /// checked them.
    #[must_use]
    pub fn new(compute: &Compute, bytes: &WeightBytes<'_>) -> Self {
        bytes.check();
        Self {
            rows: bytes.rows,
            columns: bytes.columns,
            format: bytes.format,
            storage: map_device!(&compute.0, device => device.weight(bytes)),
        }
    }

    /// Output features.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Input features.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The storage format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }
}
