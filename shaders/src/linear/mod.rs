//! Linear layers whose weights stay as the package stores them.
//!
//! `y = x Wᵀ + bias`, with `W` in blocks of 32 along its columns (see `image2-package`). On a GPU
//! the blocks are uploaded as they are and dequantized inside the kernel; on the processor they
//! are decoded once, when they are loaded.

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;

use burn::tensor::{Device, Tensor};
use image2_package::blocks::{BLOCK, Format};

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

/// A weight matrix on a device.
#[derive(Debug)]
pub struct Matrix {
    /// Output features.
    rows: usize,
    /// Input features.
    columns: usize,
    format: Format,
    storage: Storage,
}

#[derive(Debug)]
enum Storage {
    #[cfg(feature = "cpu")]
    Cpu(Box<cpu::Weights>),
    #[cfg(feature = "gpu")]
    Gpu(gpu::Weights),
}

impl Matrix {
    /// Puts a packed matrix on `device`.
    ///
    /// # Panics
    /// If the bytes do not have the lengths that shape and format ask for: a package's reader has
    /// checked them.
    #[must_use]
    pub fn new(packed: &Packed<'_>, device: &Device) -> Self {
        let blocks = packed.rows * packed.columns.div_ceil(BLOCK);
        assert_eq!(
            packed.values.len(),
            blocks * packed.format.block_bytes(),
            "values of a {} by {} matrix",
            packed.rows,
            packed.columns
        );
        assert_eq!(
            packed.scales.len(),
            if packed.format.has_scales() {
                2 * blocks
            } else {
                0
            },
            "scales"
        );
        let storage = match device.as_dispatch() {
            #[cfg(feature = "gpu")]
            burn::backend::DispatchDevice::Cube(cube) => {
                Storage::Gpu(gpu::Weights::new(packed, cube))
            }
            #[cfg(feature = "cpu")]
            _ => Storage::Cpu(Box::new(cpu::Weights::new(packed, device))),
        };
        Self {
            rows: packed.rows,
            columns: packed.columns,
            format: packed.format,
            storage,
        }
    }

    /// How the weights are stored.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// `x Wᵀ + bias` over the last dimension.
    ///
    /// # Shapes
    /// - x: `[..., columns]`
    /// - bias: `[rows]`
    /// - output: `[..., rows]`
    ///
    /// # Panics
    /// If a shape does not fit, or the tensors live on different devices.
    #[must_use]
    pub fn linear<const D: usize>(&self, x: Tensor<D>, bias: Option<&Tensor<1>>) -> Tensor<D> {
        let mut shape = x.dims();
        let rows = shape[..D - 1].iter().product();
        assert_eq!(
            shape[D - 1],
            self.columns,
            "x has shape {shape:?}, the weights [{}, {}]",
            self.rows,
            self.columns
        );
        if let Some(bias) = bias {
            assert_eq!(
                bias.dims(),
                [self.rows],
                "the bias must have one value an output feature"
            );
        }
        shape[D - 1] = self.rows;
        let x = x.reshape([rows, self.columns]);
        let y = match &self.storage {
            #[cfg(feature = "cpu")]
            Storage::Cpu(weights) => weights.linear(x, bias),
            #[cfg(feature = "gpu")]
            Storage::Gpu(weights) => weights.linear(x, bias, self),
        };
        y.reshape(shape)
    }
}
