//! Where a network computes: a GPU, opened once and watched for faults, or the processor.
//!
//! A GPU reports most faults out of band: a shader that does not compile, memory that ran out or
//! a lost device do not fail the call that caused them, they make later results wrong. Whoever
//! reads a result asks [`Compute::check`] before believing it; what was a black picture elsewhere
//! is a named fault here.

use image2_package::blocks::{BLOCK, Format};

#[cfg(feature = "gpu")]
use crate::gpu::Gpu;
use crate::tuning::Traits;

// A phone ends a page at about 1.5 GB; what the weights leave is for the picture.
const CPU_WEIGHT_BYTES_MAX: u64 = 1 << 30;
const CPU_BUFFER_BYTES_MAX: u64 = 256 << 20;

/// A device to compute on.
#[derive(Clone, Debug)]
pub enum Compute {
    /// A GPU through wgpu.
    #[cfg(feature = "gpu")]
    Gpu(Gpu),
    /// The processor, one thread of it.
    Cpu,
}

/// A fault that makes every result since unusable.
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
    /// Stable across versions; crosses to the interface.
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

impl Compute {
    /// Opens the GPU that the system prefers for work, with every limit that its adapter offers.
    ///
    /// # Errors
    /// [`DeviceFault::Unavailable`] if there is no adapter or it gives no device.
    #[cfg(feature = "gpu")]
    pub async fn gpu() -> Result<Self, DeviceFault> {
        Gpu::open().await.map(Self::Gpu)
    }

    /// What the GPU is and offers; `None` on the processor.
    #[must_use]
    pub fn traits(&self) -> Option<Traits> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => Some(gpu.traits()),
            Self::Cpu => None,
        }
    }

    /// The adapter's name as its driver gives it (a browser often gives an empty one); `None` on
    /// the processor.
    #[must_use]
    pub fn adapter(&self) -> Option<&str> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => Some(gpu.adapter()),
            Self::Cpu => None,
        }
    }

    /// Whether the GPU is played by the processor, which is faster at playing itself.
    #[must_use]
    pub fn is_software(&self) -> bool {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.is_software(),
            Self::Cpu => false,
        }
    }

    /// The largest single buffer, in bytes: what one binding of a GPU may cover.
    #[must_use]
    pub fn buffer_bytes_max(&self) -> u64 {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.binding_bytes_max(),
            Self::Cpu => CPU_BUFFER_BYTES_MAX,
        }
    }

    /// The most that a model's weights may take, where the processor holds them; `None` where a
    /// GPU does, which refuses what it has no room for.
    #[must_use]
    pub fn weight_bytes_max(&self) -> Option<u64> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(_) => None,
            Self::Cpu => Some(CPU_WEIGHT_BYTES_MAX),
        }
    }

    /// Memory that `values` weights of a format take on the processor, in bytes: it keeps whole
    /// numbers in 8 bits, with a scale for every block, and decodes the others.
    #[must_use]
    pub fn weight_bytes(format: Format, values: u64) -> u64 {
        let block_bytes = match format {
            Format::Q8 | Format::Q4 => BLOCK + size_of::<f32>(),
            Format::F16 | Format::F32 => BLOCK * size_of::<f32>(),
        };
        values
            .div_ceil(BLOCK as u64)
            .saturating_mul(block_bytes as u64)
    }

    /// Hands over what was written so far. Natively a copy of it is kept until something is
    /// submitted: whoever writes much, as weights are, hands it over in between.
    pub fn flush(&self) {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.flush(),
            Self::Cpu => {}
        }
    }

    /// Memory that the driver was asked for; `None` where nobody tells, as in a browser, and on the
    /// processor.
    #[must_use]
    pub fn allocated_bytes(&self) -> Option<u64> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.allocated_bytes(),
            Self::Cpu => None,
        }
    }

    /// Says whether results read so far can be believed.
    ///
    /// # Errors
    /// The first fault that the device reported.
    pub fn check(&self) -> Result<(), DeviceFault> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.check(),
            Self::Cpu => Ok(()),
        }
    }

    /// As [`Self::check`], after the device had time to report what it still has to. A browser
    /// tells of a refused shader by an event, and a result that the refusal spoiled can be read
    /// before that event: whoever read nonsense asks here for its cause.
    ///
    /// # Errors
    /// The first fault that the device reported.
    pub async fn check_late(&self) -> Result<(), DeviceFault> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.check_late().await,
            Self::Cpu => Ok(()),
        }
    }

    /// Floating-point operations a second that the device reaches in registers alone; `None` on
    /// the processor. Takes about a second.
    ///
    /// # Errors
    /// The device's faults.
    pub async fn peak_flops(&self) -> Result<Option<f64>, DeviceFault> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.peak_flops().await.map(Some),
            Self::Cpu => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_weights_count_as_what_the_processor_keeps() {
        assert_eq!(Compute::weight_bytes(Format::Q4, 64), 2 * (32 + 4));
        assert_eq!(Compute::weight_bytes(Format::Q8, 33), 2 * (32 + 4));
        assert_eq!(Compute::weight_bytes(Format::F16, 64), 64 * 4);
        assert!(Compute::weight_bytes(Format::F32, u64::MAX) > u64::MAX / 2);
    }
}
