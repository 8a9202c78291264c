//! Weights on their way from a package to the device.
//!
//! A package arrives shard by shard. Each shard's matrices go to the device as it arrives and the
//! shard is dropped, so memory never holds more than one shard (32 MiB, or one larger tensor) beside
//! the network's own weights. Bytes are copied to the device in parts of a few megabytes. The network
//! then takes each weight by its name; the names are upstream's.

use std::cell::RefCell;
use std::collections::HashMap;

use image2_package::{Component, Format, Layout, TensorBytes, blocks};
use image2_shaders::{Compute, Weight, WeightBytes};

use crate::error::ModelError;
use crate::fault::{DeviceKind, WeightFault};

/// Weights that were read but not yet taken by a network.
#[derive(Debug)]
pub struct Weights {
    compute: Compute,
    component: Component,
    /// Weights that are looked up, never multiplied; they stay in the processor's memory.
    tables: &'static [&'static str],
    /// Shape and content by name.
    waiting: RefCell<HashMap<String, (Vec<usize>, Stored)>>,
}

#[derive(Debug)]
enum Stored {
    /// On the device, with its columns in the order of this layout.
    Matrix(Layout, Weight),
    /// In the processor's memory.
    Plain(Vec<f32>),
}

impl Weights {
    /// Empty, for the weights of a component. They go to `compute`, except `tables`, which are
    /// looked up and never multiplied.
    #[must_use]
    pub fn new(compute: &Compute, component: Component, tables: &'static [&'static str]) -> Self {
        Self {
            compute: compute.clone(),
            component,
            tables,
            waiting: RefCell::default(),
        }
    }

    /// Adds one tensor of a verified shard.
    ///
    /// # Errors
    /// [`ModelError::Buffer`] if the device cannot bind it.
    pub fn add(&mut self, name: &str, tensor: &TensorBytes<'_>) -> Result<(), ModelError> {
        let stored = match tensor.layout {
            Layout::Blocks | Layout::Ohwi if !self.tables.contains(&name) => {
                let (rows, columns) = tensor.shape.matrix();
                let bytes = WeightBytes {
                    format: tensor.format,
                    rows,
                    columns,
                    values: tensor.values,
                    scales: tensor.scales.unwrap_or_default(),
                };
                Stored::Matrix(tensor.layout, self.upload(name, &bytes)?)
            }
            _ => Stored::Plain(tensor.decode()),
        };
        let dims = tensor.shape.dims().iter().map(|&dim| dim as usize);
        let entry = (dims.collect(), stored);
        self.waiting.get_mut().insert(name.to_owned(), entry);
        Ok(())
    }

    /// The only way of a matrix to the device. One that the device cannot bind is refused before it
    /// is uploaded.
    fn upload(&self, name: &str, bytes: &WeightBytes<'_>) -> Result<Weight, ModelError> {
        let (size_bytes, limit_bytes) =
            (bytes.values.len() as u64, self.compute.buffer_bytes_max());
        if size_bytes > limit_bytes {
            return Err(ModelError::Buffer {
                device: DeviceKind::of(&self.compute),
                name: format!("{}.{name}", self.component),
                size_bytes,
                limit_bytes,
            });
        }
        Ok(Weight::new(&self.compute, bytes))
    }

    /// The source that a network takes its weights from.
    #[must_use]
    pub fn loader(&self) -> Loader<'_> {
        Loader {
            weights: self,
            prefix: String::new(),
        }
    }
}

/// Weights below a prefix, for one part of a network.
#[derive(Debug)]
pub struct Loader<'a> {
    weights: &'a Weights,
    prefix: String,
}

impl Loader<'_> {
    /// The weights of the part called `name`.
    #[must_use]
    pub fn at(&self, name: &str) -> Self {
        Self {
            weights: self.weights,
            prefix: format!("{}{name}.", self.prefix),
        }
    }

    /// The device.
    #[must_use]
    pub fn compute(&self) -> &Compute {
        &self.weights.compute
    }

    /// A weight matrix `[out, in]`. A convolution whose stride is its kernel is one as well: `in`
    /// are the channels, and of each the kernel line by line.
    ///
    /// # Errors
    /// [`ModelError::Weight`] if it is missing or has another shape or order.
    pub fn matrix(&self, name: &str, expected: [usize; 2]) -> Result<Weight, ModelError> {
        let (shape, stored) = self.stored(name)?;
        if shape.len() < 2 || [shape[0], shape[1..].iter().product()] != expected {
            return Err(self.misfit(name, &shape, &expected));
        }
        match stored {
            Stored::Matrix(Layout::Ohwi, _) if taps(&shape) > 1 => {
                Err(self.error(name, WeightFault::Order))
            }
            Stored::Matrix(_, matrix) => Ok(matrix),
            Stored::Plain(values) => self.encode(name, expected, &values),
        }
    }

    /// The weights of a convolution `[out, in, height, width]` as the matrix
    /// `[out, height × width × in]`: all channels of one tap, then the next tap.
    ///
    /// # Errors
    /// [`ModelError::Weight`] if it is missing or has another shape or order.
    pub fn convolution(&self, name: &str, expected: [usize; 4]) -> Result<Weight, ModelError> {
        let (shape, stored) = self.stored(name)?;
        if shape != expected {
            return Err(self.misfit(name, &shape, &expected));
        }
        let ([rows, inputs, ..], taps) = (expected, taps(&shape));
        let columns = inputs * taps;
        match stored {
            Stored::Matrix(Layout::Blocks, _) if taps > 1 => {
                Err(self.error(name, WeightFault::Order))
            }
            Stored::Matrix(_, matrix) => Ok(matrix),
            Stored::Plain(values) => {
                let row = |row: usize| &values[row * columns..][..columns];
                let place = |place: usize| place % inputs * taps + place / inputs;
                let ordered: Vec<f32> = (0..rows)
                    .flat_map(|i| (0..columns).map(move |at| row(i)[place(at)]))
                    .collect();
                self.encode(name, [rows, columns], &ordered)
            }
        }
    }

    /// A matrix that was too small for blocks.
    fn encode(
        &self,
        name: &str,
        [rows, columns]: [usize; 2],
        values: &[f32],
    ) -> Result<Weight, ModelError> {
        let blocks = blocks::encode(values, rows, columns, Format::F32).map_err(|at| {
            let (row, column) = (at.row, at.col);
            self.error(name, WeightFault::NotFinite { row, column })
        })?;
        let bytes = WeightBytes {
            format: Format::F32,
            rows,
            columns,
            values: &blocks.values,
            scales: &[],
        };
        self.weights.upload(&self.full(name), &bytes)
    }

    /// A plain tensor in the processor's memory.
    ///
    /// # Errors
    /// [`ModelError::Weight`] if it is missing or has another shape.
    pub fn values(&self, name: &str, expected: &[usize]) -> Result<Vec<f32>, ModelError> {
        match self.stored(name)? {
            // Upstream keeps some vectors with leading dimensions of one.
            (shape, Stored::Plain(values))
                if without_leading_ones(&shape) == without_leading_ones(expected) =>
            {
                Ok(values)
            }
            (shape, _) => Err(self.misfit(name, &shape, expected)),
        }
    }

    /// Takes a tensor: its shape and its content.
    fn stored(&self, name: &str) -> Result<(Vec<usize>, Stored), ModelError> {
        let entry = self.weights.waiting.borrow_mut().remove(&self.full(name));
        entry.ok_or_else(|| self.error(name, WeightFault::Missing))
    }

    fn misfit(&self, name: &str, found: &[usize], expected: &[usize]) -> ModelError {
        let (found, expected) = (found.to_vec(), expected.to_vec());
        self.error(name, WeightFault::Shape { found, expected })
    }

    fn error(&self, name: &str, fault: WeightFault) -> ModelError {
        let name = format!("{}.{}", self.weights.component, self.full(name));
        ModelError::Weight { name, fault }
    }

    /// The tensor's name in its component.
    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// Taps of a kernel `[out, in, height, width]`; a matrix has one.
fn taps(shape: &[usize]) -> usize {
    shape[2..].iter().product()
}

fn without_leading_ones(shape: &[usize]) -> &[usize] {
    let first = shape
        .iter()
        .position(|&dim| dim != 1)
        .unwrap_or(shape.len());
    &shape[first..]
}

#[cfg(test)]
mod tests;
