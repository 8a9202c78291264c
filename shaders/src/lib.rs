//! The arithmetic of the networks: graphs of a few operations, each with a kernel in WGSL and a twin
//! on the processor.
//!
//! Modules in the order of their dependencies; each uses only those before it:
//!
//! 1. [`ir`]: tensors, graphs, the memory plan. No device.
//! 2. [`tuning`]: which kernel suits which GPU, as data.
//! 3. `backend`: what a device must do, as traits.
//! 4. `gpu/` and `cpu/`: the two backends. Neither knows an operation.
//! 5. `compute`, `resident`, `weight`, `workspace`: a device of either kind and what it holds.
//! 6. [`ops`]: the operations, a folder each, with kernel, launcher and twin.
//! 7. `graph` and `open`: graphs of these operations on a device.
//!
//! A network is written as a [`Graph`] and does not know which device runs it.

mod backend;
mod compute;
#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
mod graph;
pub mod ir;
#[cfg(feature = "gpu")]
mod open;
pub mod ops;
mod resident;
#[cfg(all(test, feature = "cpu", feature = "gpu"))]
mod testing;
pub mod tuning;
mod weight;
mod workspace;

pub use backend::DeviceFault;
pub use compute::Compute;
pub use graph::{Executable, Graph, Prepared};
pub use ir::{DType, Rows, Shape, TensorId, WeightBytes};
#[cfg(feature = "gpu")]
#[doc(hidden)]
pub use open::kernels;
pub use ops::conv2d::Conv2dWeights;
pub use ops::linear::LinearWeights;
pub use resident::{Reading, Resident};
pub use weight::Weight;
pub use workspace::Workspace;
