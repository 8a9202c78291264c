//! Where tensors live: a GPU, opened once and watched for faults, or the processor.
//!
//! A GPU reports most faults out of band: a shader that does not compile, memory that ran out or
//! a lost device do not fail the call that caused them, they make later results wrong. Whoever
//! reads a result asks [`Compute::check`] before believing it; what was a black picture elsewhere
//! is a named fault here.

use burn::tensor::Device;
#[cfg(feature = "gpu")]
use burn::tensor::wgpu::wgpu;
#[cfg(feature = "gpu")]
use std::sync::{Arc, OnceLock};

// A phone ends a page at about 1.5 GB; what the weights leave is for the picture.
const CPU_WEIGHT_BYTES_MAX: u64 = 1 << 30;
const CPU_BUFFER_BYTES_MAX: u64 = 256 << 20;

/// A device to compute on.
#[derive(Clone, Debug)]
pub enum Compute {
    /// A GPU through wgpu.
    #[cfg(feature = "gpu")]
    Gpu(Gpu),
    /// The processor through burn's flex.
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
    /// One process opens it once: burn keeps one runtime a device.
    ///
    /// # Errors
    /// [`DeviceFault::Unavailable`] if there is no adapter or it gives no device.
    #[cfg(feature = "gpu")]
    pub async fn gpu() -> Result<Self, DeviceFault> {
        Gpu::open().await.map(Self::Gpu)
    }

    /// burn's handle.
    #[must_use]
    pub fn device(&self) -> Device {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.device.clone(),
            #[cfg(feature = "cpu")]
            Self::Cpu => Device::flex(),
            #[cfg(not(feature = "cpu"))]
            Self::Cpu => panic!("this build has no processor path"),
        }
    }

    /// The adapter's name as its driver gives it (a browser often gives an empty one); `None` on
    /// the processor.
    #[must_use]
    pub fn adapter(&self) -> Option<&str> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => Some(&gpu.adapter),
            Self::Cpu => None,
        }
    }

    /// The largest single buffer, in bytes: what one binding of a GPU may cover.
    #[must_use]
    pub fn buffer_bytes_max(&self) -> u64 {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.binding_bytes_max,
            Self::Cpu => CPU_BUFFER_BYTES_MAX,
        }
    }

    /// The most that a model's weights may take where they are decoded to f32; `None` where they
    /// stay packed.
    #[must_use]
    pub fn decoded_bytes_max(&self) -> Option<u64> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(_) => None,
            Self::Cpu => Some(CPU_WEIGHT_BYTES_MAX),
        }
    }

    /// Says whether results read so far can be believed.
    ///
    /// # Errors
    /// The first fault that the device reported.
    pub fn check(&self) -> Result<(), DeviceFault> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.fault.get().map_or(Ok(()), |fault| Err(fault.clone())),
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
        #[cfg(feature = "gpu")]
        if let Self::Gpu(Gpu {
            raw: Some(device), ..
        }) = self
        {
            // An error scope's answer comes after those of all earlier commands; the second one
            // lets the events run that the first one overtook.
            for _ in 0..2 {
                let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
                let _ = scope.pop().await;
            }
        }
        self.check()
    }
}

/// An open GPU.
#[cfg(feature = "gpu")]
#[derive(Clone, Debug)]
pub struct Gpu {
    device: Device,
    /// The same as wgpu knows it; none in tests without a GPU.
    raw: Option<wgpu::Device>,
    adapter: String,
    binding_bytes_max: u64,
    fault: Arc<OnceLock<DeviceFault>>,
}

#[cfg(feature = "gpu")]
impl Gpu {
    async fn open() -> Result<Self, DeviceFault> {
        let (device, setup) = Device::wgpu_options()
            .init_with_setup_async()
            .await
            .map_err(|error| DeviceFault::Unavailable(error.to_string()))?;
        let fault = Arc::new(OnceLock::new());
        // burn's own handler panics. A lost device needs nothing here: burn then refuses every
        // readback.
        setup
            .device
            .on_uncaptured_error(Arc::new(keep_first(fault.clone())));
        let info = setup.adapter.get_info();
        let limits = setup.device.limits();
        Ok(Self {
            device,
            raw: Some(setup.device.clone()),
            adapter: info.name,
            binding_bytes_max: limits.max_storage_buffer_binding_size,
            fault,
        })
    }
}

/// Keeps the first fault for `check`: later ones are mostly its consequences.
#[cfg(feature = "gpu")]
fn keep_first(fault: Arc<OnceLock<DeviceFault>>) -> impl Fn(wgpu::Error) {
    move |error| {
        log::error!("uncaptured GPU error: {error}");
        let _ = fault.set(fault_of(&error));
    }
}

#[cfg(feature = "gpu")]
fn fault_of(error: &wgpu::Error) -> DeviceFault {
    match error {
        wgpu::Error::OutOfMemory { .. } => DeviceFault::OutOfMemory(error.to_string()),
        _ => DeviceFault::Refused(error.to_string()),
    }
}

#[cfg(all(test, feature = "gpu"))]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_is_named_and_stays() {
        let gpu = Gpu {
            device: Device::flex(),
            raw: None,
            adapter: String::new(),
            binding_bytes_max: 0,
            fault: Arc::default(),
        };
        let compute = Compute::Gpu(gpu.clone());
        assert_eq!(compute.check(), Ok(()));
        let hear = keep_first(gpu.fault);
        hear(wgpu::Error::OutOfMemory {
            source: "no room".into(),
        });
        hear(wgpu::Error::Validation {
            source: "wrong".into(),
            description: "a consequence".into(),
        });
        let fault = compute.check().expect_err("a fault was heard");
        assert_eq!(fault.code(), "gpu.memory");
    }

    #[test]
    fn a_refused_command_is_named() {
        let refused = wgpu::Error::Validation {
            source: "wrong".into(),
            description: "wrong".into(),
        };
        assert_eq!(fault_of(&refused).code(), "gpu.refused");
    }
}
