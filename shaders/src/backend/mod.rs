//! A backend: a device that holds tensors and weights, and runs graphs.
//!
//! `gpu/` and `cpu/` implement these traits, and `Absent` does in place of the one that a build
//! leaves out. `OnDevice` holds whichever of the two is in use; everything above it is written
//! once, for both.
//!
//! A GPU reports most faults out of band: a shader that does not compile, memory that ran out or a
//! lost device does not fail the call that caused it, but makes later results wrong. Whoever reads
//! a result calls `Backend::check` before using it, so that a fault has a name instead of a black
//! picture.

mod absent;
mod fault;
mod on_device;
mod traits;

#[cfg(any(not(feature = "gpu"), not(feature = "cpu")))]
pub(crate) use absent::Absent;
pub use fault::DeviceFault;
pub(crate) use on_device::{OnDevice, map_device, on_device};
pub(crate) use traits::{Backend, Compile, Memory, Prepared, Program, Reading};
