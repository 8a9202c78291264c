//! A backend: a device that holds tensors and weights, and runs graphs.
//!
//! `gpu/` and `cpu/` implement these traits, and [`Absent`] does in place of the one that a build
//! leaves out. [`OnDevice`] holds whichever of the two is in use; everything above it is written
//! once, for both.
//!
//! A GPU reports most faults out of band: a shader that does not compile, memory that ran out or a
//! lost device does not fail the call that caused it, but makes later results wrong. Whoever reads
//! a result calls [`Backend::check`] before using it, so that a fault has a name instead of a black
//! picture.

mod absent;

use std::fmt::Debug;

use image2_package::blocks::Format;

#[cfg(any(not(feature = "gpu"), not(feature = "cpu")))]
pub(crate) use absent::Absent;

use crate::ir::{Graph, Limits, WeightBytes};
use crate::tuning::{Traits, Tuning};

/// A fault that makes every later result unusable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceFault {
    /// No adapter, or the adapter gave no device.
    #[error("no GPU is available: {0}")]
    Unavailable(String),
    /// The device was reset, unplugged or taken away.
    #[error("the GPU was lost: {0}")]
    Lost(String),
    /// An allocation failed.
    #[error("the GPU has no memory left: {0}")]
    OutOfMemory(String),
    /// The driver refused a shader or a command, which is a defect of ours or of the driver.
    #[error("the GPU refused a command: {0}")]
    Refused(String),
}

impl DeviceFault {
    /// A code that is stable across versions and crosses to the interface.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "gpu.unavailable",
            Self::Lost(_) => "gpu.lost",
            Self::OutOfMemory(_) => "gpu.memory",
            Self::Refused(_) => "gpu.refused",
        }
    }
}

/// An open device. Clones name the same one.
pub(crate) trait Backend: Clone + Debug {
    /// Memory of a tensor.
    type Memory: Memory;
    /// A weight matrix in the layout that the backend's kernels read.
    type Weight: Debug;

    /// Properties of a GPU.
    fn traits(&self) -> Option<Traits>;
    /// The adapter's name as the GPU's driver gives it.
    fn adapter(&self) -> Option<&str>;
    /// The limits of a graph.
    fn limits(&self) -> Limits;
    /// The most memory that a model's weights may take, where that is known beforehand.
    fn weight_bytes_max(&self) -> Option<u64>;
    /// Memory that weights take in the layout of [`Self::weight`].
    fn weight_bytes(&self, format: Format, elements: u64, stored_bytes: u64) -> u64;
    /// Memory for `count` elements of four bytes, zero at first.
    fn zeros(&self, label: &str, count: usize) -> Self::Memory;
    /// Copies a weight to the device.
    fn weight(&self, bytes: &WeightBytes<'_>) -> Self::Weight;
    /// Submits pending writes.
    fn flush(&self);
    /// Memory that the driver allocated, where it can be measured.
    fn allocated_bytes(&self) -> Option<u64>;
    /// The first fault that was reported.
    fn check(&self) -> Result<(), DeviceFault>;
    /// As [`Self::check`], after pending reports have arrived.
    async fn check_late(&self) -> Result<(), DeviceFault>;
    /// Floating-point operations a second that a GPU reaches in registers alone.
    async fn peak_flops(&self) -> Result<Option<f64>, DeviceFault>;
}

/// Memory of a tensor. Clones name the same memory.
pub(crate) trait Memory: Clone + Debug {
    /// A copy on its way to the host.
    type Reading: Reading;

    /// Replaces elements from the `first`th on.
    fn write(&self, first: usize, values: &[f32]);
    /// Requests a copy as of now, without waiting for it.
    fn reading(&self) -> Self::Reading;
    /// Whether both name the same memory.
    fn is(&self, other: &Self) -> bool;
}

/// A copy of a tensor on its way to the host.
pub(crate) trait Reading: Debug {
    /// Waits for the elements, as numbers.
    async fn values(self) -> Result<Vec<f32>, DeviceFault>;
    /// Waits for the elements, as bits.
    async fn bits(self) -> Result<Vec<u32>, DeviceFault>;
}

/// A backend that runs graphs of operations `O`.
pub(crate) trait Compile<O>: Backend {
    /// A graph whose kernels are known but may not be compiled yet.
    type Prepared: Prepared;

    /// Resolves a graph's tensors to memory, by number, and chooses its kernels.
    fn prepare(
        &self,
        graph: &Graph<O>,
        memory: Vec<Option<Self::Memory>>,
        tuning: Tuning,
    ) -> Self::Prepared;
}

/// A graph whose kernels are known but may not be compiled yet.
pub(crate) trait Prepared: Debug {
    /// A graph that is ready to run.
    type Program: Program;

    /// Compiles all kernels of these graphs that are missing. `progress` receives how many of how
    /// many are ready, first none, and is awaited; it is not called where nothing has to be compiled.
    async fn compile(graphs: &[&Self], progress: impl AsyncFnMut(usize, usize));
    /// Binds everything, after compiling what is still missing.
    fn finish(self) -> Self::Program;
}

/// A graph that is ready to run.
pub(crate) trait Program: Debug {
    /// Runs it once; a GPU's only submits.
    fn run(&self);
}

/// A value of either backend.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(all(feature = "gpu", feature = "cpu")),
    expect(dead_code, reason = "there is no value of an absent backend")
)]
pub(crate) enum OnDevice<G, C> {
    Gpu(G),
    Cpu(C),
}

impl<G, C> OnDevice<G, C> {
    /// # Panics
    /// If it is the processor's: a graph and all that it names are of one device.
    pub(crate) fn gpu(&self) -> &G {
        match self {
            Self::Gpu(value) => value,
            Self::Cpu(_) => panic!("the processor's value in a graph for a GPU"),
        }
    }

    /// # Panics
    /// If it is a GPU's: a graph and all that it names are of one device.
    pub(crate) fn cpu(&self) -> &C {
        match self {
            Self::Cpu(value) => value,
            Self::Gpu(_) => panic!("a GPU's value in a graph for the processor"),
        }
    }
}

/// Evaluates `$body` with `$value` of whichever backend; all results have one type.
macro_rules! on_device {
    ($device:expr, $value:pat => $body:expr) => {
        match $device {
            $crate::backend::OnDevice::Gpu($value) => $body,
            $crate::backend::OnDevice::Cpu($value) => $body,
        }
    };
}

/// As [`on_device`], where each backend's result has its own type.
macro_rules! map_device {
    ($device:expr, $value:pat => $body:expr) => {
        match $device {
            $crate::backend::OnDevice::Gpu($value) => $crate::backend::OnDevice::Gpu($body),
            $crate::backend::OnDevice::Cpu($value) => $crate::backend::OnDevice::Cpu($body),
        }
    };
}

pub(crate) use {map_device, on_device};
