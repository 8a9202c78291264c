//! The arithmetic of the networks: graphs of a few operations, each a kernel in WGSL and its twin
//! on the processor.
//!
//! `graph/` says what is to be computed and plans its memory; `gpu/` and `cpu/` do it, with one
//! file each for every operation. Whoever writes a graph never sees which one runs it.

mod compute;
#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
pub mod graph;
mod layer;
mod resident;
pub mod tuning;

pub use compute::{Compute, DeviceFault};
#[cfg(feature = "gpu")]
#[doc(hidden)]
pub use gpu::kernels;
pub use graph::{Draft, Executable, Graph, Id, Rows, Workspace};
pub use layer::{Layer, Matrix, Packed};
pub use resident::{Reading, Resident};
