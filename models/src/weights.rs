//! Weights on their way from a package to the device.
//!
//! A package arrives shard by shard. Each shard's matrices go to the device as it arrives and the
//! shard is dropped, so memory never holds more than one shard (32 MiB, or one larger tensor) beside
//! the network's own weights. Bytes are copied to the device in parts of a few megabytes. The network
//! then takes each weight by its name; the names are upstream's.

use std::cell::RefCell;
use std::collections::HashMap;

use image2_package::{Format, Layout, TensorBytes, blocks};
use image2_shaders::{Compute, Weight, WeightBytes};

use crate::error::ModelError;
use crate::fault::{DeviceKind, WeightFault};

/// Weights that were read but not yet taken by a network.
#[derive(Debug)]
pub struct Weights {
    compute: Compute,
    /// Weights that are looked up, never multiplied; they stay in the processor's memory.
    tables: &'static [&'static str],
    waiting: RefCell<HashMap<String, Entry>>,
}

#[derive(Debug)]
enum Entry {
    Matrix { shape: [usize; 2], matrix: Weight },
    Plain { shape: Vec<usize>, values: Vec<f32> },
}

impl Weights {
    /// Empty. Weights go to `compute`, except `tables`, which are looked up and never multiplied.
    #[must_use]
    pub fn new(compute: &Compute, tables: &'static [&'static str]) -> Self {
        Self {
            compute: compute.clone(),
            tables,
            waiting: RefCell::default(),
        }
    }

    /// Adds one tensor of a verified shard.
    ///
    /// # Errors
    /// [`ModelError::Buffer`] if the device cannot bind it.
    pub fn add(&mut self, name: &str, tensor: &TensorBytes<'_>) -> Result<(), ModelError> {
        let entry = match tensor.layout {
            Layout::Blocks if !self.tables.contains(&name) => {
                // A convolution whose stride is its kernel is a matrix: [out, in × kernel].
                let (rows, columns) = tensor.shape.matrix();
                let bytes = WeightBytes {
                    format: tensor.format,
                    rows,
                    columns,
                    values: tensor.values,
                    scales: tensor.scales.unwrap_or_default(),
                };
                Entry::Matrix {
                    shape: [rows, columns],
                    matrix: self.upload(name, &bytes)?,
                }
            }
            Layout::Blocks | Layout::Plain => Entry::Plain {
                shape: tensor
                    .shape
                    .dims()
                    .iter()
                    .map(|&dim| dim as usize)
                    .collect(),
                values: tensor.decode(),
            },
        };
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
                name: name.to_owned(),
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

    /// A weight matrix `[out, in]`.
    ///
    /// # Errors
    /// [`ModelError::Weight`] if it is missing or has another shape.
    pub fn matrix(&self, name: &str, expected: [usize; 2]) -> Result<Weight, ModelError> {
        match self.take(name)? {
            Entry::Matrix { shape, matrix } if shape == expected => Ok(matrix),
            Entry::Matrix { shape, .. } => Err(self.misfit(name, &shape, &expected)),
            // A matrix too small for blocks; a convolution is flattened as above.
            Entry::Plain { shape, values }
                if shape.len() >= 2 && [shape[0], shape[1..].iter().product()] == expected =>
            {
                self.encoded(name, &values, expected)
            }
            Entry::Plain { shape, .. } => Err(self.misfit(name, &shape, &expected)),
        }
    }

    /// The kernel of a convolution `[out, in, height, width]`, as the matrix that convolutions read:
    /// `[out, height × width × in]`.
    ///
    /// # Errors
    /// [`ModelError::Weight`] if it is missing or has another shape.
    pub fn kernel(&self, name: &str, expected: [usize; 4]) -> Result<Weight, ModelError> {
        match self.take(name)? {
            // Too small for blocks.
            Entry::Plain { shape, values } if shape == expected => {
                let [outputs, inputs, height, width] = expected;
                let taps = height * width;
                let columns = taps * inputs;
                let value = |i: usize| {
                    let [row, tap, input] = [i / columns, i % columns / inputs, i % inputs];
                    values[(row * inputs + input) * taps + tap]
                };
                let values: Vec<f32> = (0..values.len()).map(value).collect();
                self.encoded(name, &values, [outputs, columns])
            }
            Entry::Plain { shape, .. } => Err(self.misfit(name, &shape, &expected)),
            Entry::Matrix { shape, .. } => Err(self.misfit(name, &shape, &expected)),
        }
    }

    /// Uploads a matrix that the package does not store in blocks.
    fn encoded(
        &self,
        name: &str,
        values: &[f32],
        [rows, columns]: [usize; 2],
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
        match self.take(name)? {
            // Upstream keeps some vectors with leading dimensions of one.
            Entry::Plain { shape, values }
                if without_leading_ones(&shape) == without_leading_ones(expected) =>
            {
                Ok(values)
            }
            Entry::Plain { shape, .. } => Err(self.misfit(name, &shape, expected)),
            Entry::Matrix { shape, .. } => Err(self.misfit(name, &shape, expected)),
        }
    }

    fn take(&self, name: &str) -> Result<Entry, ModelError> {
        let entry = self.weights.waiting.borrow_mut().remove(&self.full(name));
        entry.ok_or_else(|| self.error(name, WeightFault::Missing))
    }

    fn misfit(&self, name: &str, found: &[usize], expected: &[usize]) -> ModelError {
        let (found, expected) = (found.to_vec(), expected.to_vec());
        self.error(name, WeightFault::Shape { found, expected })
    }

    fn error(&self, name: &str, fault: WeightFault) -> ModelError {
        let name = self.full(name);
        ModelError::Weight { name, fault }
    }

    /// The tensor's name in the package.
    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

fn without_leading_ones(shape: &[usize]) -> &[usize] {
    let first = shape
        .iter()
        .position(|&dim| dim != 1)
        .unwrap_or(shape.len());
    &shape[first..]
}
