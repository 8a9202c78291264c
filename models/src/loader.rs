//! Weights on their way from a package to the device.
//!
//! A package arrives shard by shard. Each shard's matrices go to the device as it arrives and the
//! shard is dropped, so memory never holds more than one shard beside what the network keeps: 32 MiB,
//! or one tensor that is larger. Its bytes are copied on their way in parts of a few megabytes.
//! The network then takes each weight by its name; the names are upstream's.

use std::cell::RefCell;
use std::collections::HashMap;

use image2_package::{Format, Layout, TensorBytes, blocks};
use image2_shaders::{Compute, Weight, WeightBytes};

use crate::error::ModelError;

/// Weights that wait for their network.
#[derive(Debug)]
pub struct Weights {
    compute: Compute,
    /// What is looked up, never multiplied: it stays in the processor's memory.
    tables: &'static [&'static str],
    waiting: RefCell<HashMap<String, Entry>>,
}

#[derive(Debug)]
enum Entry {
    Weight { shape: [usize; 2], weight: Weight },
    Plain { shape: Vec<usize>, values: Vec<f32> },
}

impl Weights {
    /// No weights yet, to be put on `compute`, but for `tables`, which are looked up and never
    /// multiplied.
    #[must_use]
    pub fn new(compute: &Compute, tables: &'static [&'static str]) -> Self {
        Self {
            compute: compute.clone(),
            tables,
            waiting: RefCell::default(),
        }
    }

    /// Takes one tensor of a verified shard.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] if the device cannot bind it.
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
                Entry::Weight {
                    shape: [rows, columns],
                    weight: self.upload(&bytes)?,
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

    /// The only way of a matrix to the device: refused before, where the device cannot bind it.
    fn upload(&self, bytes: &WeightBytes<'_>) -> Result<Weight, ModelError> {
        let (size_bytes, limit_bytes) =
            (bytes.values.len() as u64, self.compute.buffer_bytes_max());
        if size_bytes > limit_bytes {
            return Err(ModelError::TooLarge {
                size_bytes,
                limit_bytes,
            });
        }
        Ok(Weight::new(&self.compute, bytes))
    }

    /// Where the network finds its weights.
    #[must_use]
    pub fn loader(&self) -> Loader<'_> {
        Loader {
            weights: self,
            prefix: String::new(),
        }
    }
}

/// Looks weights up below a name, as the network's parts ask for theirs.
#[derive(Debug)]
pub struct Loader<'a> {
    weights: &'a Weights,
    prefix: String,
}

impl Loader<'_> {
    /// The part called `name`.
    #[must_use]
    pub fn at(&self, name: &str) -> Self {
        Self {
            weights: self.weights,
            prefix: format!("{}{name}.", self.prefix),
        }
    }

    /// Where the weights are.
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
            Entry::Weight { shape, weight } if shape == expected => Ok(weight),
            Entry::Weight { shape, .. } => Err(self.misfit(name, &shape, &expected)),
            // A matrix too small to be worth blocks; a convolution is flattened as above.
            Entry::Plain { shape, values }
                if shape.len() >= 2 && [shape[0], shape[1..].iter().product()] == expected =>
            {
                let [rows, columns] = expected;
                let blocks = blocks::encode(&values, rows, columns, Format::F32)
                    .map_err(|fault| self.fault(name, fault.to_string()))?;
                let bytes = WeightBytes {
                    format: Format::F32,
                    rows,
                    columns,
                    values: &blocks.values,
                    scales: &[],
                };
                self.weights.upload(&bytes)
            }
            Entry::Plain { shape, .. } => Err(self.misfit(name, &shape, &expected)),
        }
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
            Entry::Weight { shape, .. } => Err(self.misfit(name, &shape, expected)),
        }
    }

    fn take(&self, name: &str) -> Result<Entry, ModelError> {
        let name = format!("{}{name}", self.prefix);
        let entry = self.weights.waiting.borrow_mut().remove(&name);
        entry.ok_or(ModelError::Weight {
            name,
            fault: "is missing".into(),
        })
    }

    fn misfit(&self, name: &str, found: &[usize], expected: &[usize]) -> ModelError {
        self.fault(name, format!("has shape {found:?}, not {expected:?}"))
    }

    fn fault(&self, name: &str, fault: String) -> ModelError {
        ModelError::Weight {
            name: format!("{}{name}", self.prefix),
            fault,
        }
    }
}

fn without_leading_ones(shape: &[usize]) -> &[usize] {
    let first = shape
        .iter()
        .position(|&dim| dim != 1)
        .unwrap_or(shape.len());
    &shape[first..]
}
