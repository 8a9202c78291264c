//! The device that a network computes on: a GPU, opened once and watched for faults, or the
//! processor.

use image2_package::blocks::Format;

#[cfg(not(feature = "gpu"))]
pub(crate) use crate::backend::Absent as Gpu;
#[cfg(not(feature = "cpu"))]
pub(crate) use crate::backend::Absent as Cpu;
use crate::backend::{Backend, DeviceFault, OnDevice, on_device};
#[cfg(feature = "cpu")]
pub(crate) use crate::cpu::Cpu;
#[cfg(feature = "gpu")]
pub(crate) use crate::gpu::Gpu;
use crate::ir::Limits;
use crate::tuning::{Family, Traits};

/// A device to compute on. Clones name the same one.
#[derive(Clone, Debug)]
pub struct Compute(pub(crate) OnDevice<Gpu, Cpu>);

impl Compute {
    /// The processor: in a browser one thread of it, natively all.
    #[cfg(feature = "cpu")]
    #[must_use]
    pub fn cpu() -> Self {
        Self(OnDevice::Cpu(Cpu))
    }

    /// Whether it is the processor.
    #[must_use]
    pub fn is_cpu(&self) -> bool {
        matches!(self.0, OnDevice::Cpu(_))
    }

    /// Properties of the GPU; `None` on the processor.
    #[must_use]
    pub fn traits(&self) -> Option<Traits> {
        on_device!(&self.0, device => device.traits())
    }

    /// The adapter's name as its driver gives it (a browser often gives an empty one); `None` on
    /// the processor.
    #[must_use]
    pub fn adapter(&self) -> Option<&str> {
        on_device!(&self.0, device => device.adapter())
    }

    /// Whether the GPU is emulated by the processor, which is slower than computing on the
    /// processor directly.
    #[must_use]
    pub fn is_software(&self) -> bool {
        self.traits()
            .is_some_and(|traits| traits.family == Family::Software)
    }

    /// The limits of a graph; see [`Graph::check`](crate::Graph::check).
    #[must_use]
    pub fn limits(&self) -> Limits {
        on_device!(&self.0, device => device.limits())
    }

    /// The largest weight or other buffer that operations bind as a whole, in bytes.
    #[must_use]
    pub fn buffer_bytes_max(&self) -> u64 {
        self.limits().binding_bytes
    }

    /// The most memory that a model's weights may take, in bytes, on the processor; `None` on a
    /// GPU, which reports a failed allocation.
    #[must_use]
    pub fn weight_bytes_max(&self) -> Option<u64> {
        on_device!(&self.0, device => device.weight_bytes_max())
    }

    /// Memory that a weight of `elements` takes on this device, in bytes, if a package stores it in
    /// `stored_bytes` of this format.
    #[must_use]
    pub fn weight_bytes(&self, format: Format, elements: u64, stored_bytes: u64) -> u64 {
        on_device!(&self.0, device => device.weight_bytes(format, elements, stored_bytes))
    }

    /// Submits pending writes. Natively each write is copied and the copy kept until something is
    /// submitted, so call this between large writes such as weights.
    pub fn flush(&self) {
        on_device!(&self.0, device => device.flush());
    }

    /// Memory that the driver allocated, in bytes; `None` where it cannot be measured, as in a
    /// browser and on the processor.
    #[must_use]
    pub fn allocated_bytes(&self) -> Option<u64> {
        on_device!(&self.0, device => device.allocated_bytes())
    }

    /// Checks that results read so far are valid.
    ///
    /// # Errors
    /// The first fault that the device reported.
    pub fn check(&self) -> Result<(), DeviceFault> {
        on_device!(&self.0, device => device.check())
    }

    /// As [`Self::check`], after pending reports have arrived. A browser reports a refused shader by
    /// an event, and a result that the refusal spoiled can be read before that event: call this to
    /// find the cause of an invalid result.
    ///
    /// # Errors
    /// The first fault that the device reported.
    pub async fn check_late(&self) -> Result<(), DeviceFault> {
        on_device!(&self.0, device => device.check_late().await)
    }

    /// Floating-point operations a second that the GPU reaches in registers alone; `None` on the
    /// processor. Takes about a second.
    ///
    /// # Errors
    /// The device's faults.
    pub async fn peak_flops(&self) -> Result<Option<f64>, DeviceFault> {
        on_device!(&self.0, device => device.peak_flops().await)
    }
}
