//! The arithmetic that burn does not have, or has slower: kernels in WGSL, their launchers on
//! burn's tensors, and the same operations on the processor.
//!
//! Each operation is a folder: `name.wgsl` is the kernel, `gpu.rs` launches it, `cpu.rs` is its
//! twin with the same arguments, and `mod.rs` picks by the device that the tensors live on.
//! Whoever calls an operation never sees which one ran.

mod device;
#[cfg(feature = "gpu")]
mod launch;
pub mod linear;

pub use device::{Compute, DeviceFault};
pub use linear::{Matrix, Packed};
