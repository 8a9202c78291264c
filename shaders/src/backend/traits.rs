//! The traits of a backend.

use std::fmt::Debug;

use image2_package::blocks::Format;

use super::fault::DeviceFault;
use crate::ir::{Graph, Limits, WeightBytes};
use crate::tuning::{Traits, Tuning};

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
