//! The first fault of a device. A GPU reports most of them out of band, through callbacks.

use std::sync::{Arc, OnceLock};

use crate::backend::DeviceFault;

/// Clones name the same device's.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Arc<OnceLock<DeviceFault>>);

impl Faults {
    /// The first one so far.
    pub(super) fn check(&self) -> Result<(), DeviceFault> {
        self.0.get().map_or(Ok(()), |fault| Err(fault.clone()))
    }

    /// Registers the device's callbacks.
    pub(super) fn watch(&self, device: &wgpu::Device) {
        let faults = self.clone();
        device.on_uncaptured_error(Arc::new(move |error| faults.keep(&error)));
        let faults = self.clone();
        device.set_device_lost_callback(move |reason, message| faults.lost(reason, message));
    }

    /// Keeps an error if it is the first: later ones are mostly its consequences.
    pub(super) fn keep(&self, error: &wgpu::Error) {
        log::error!("GPU error: {error}");
        let _ = self.0.set(match error {
            wgpu::Error::OutOfMemory { .. } => DeviceFault::OutOfMemory(error.to_string()),
            _ => DeviceFault::Refused(error.to_string()),
        });
    }

    fn lost(&self, reason: wgpu::DeviceLostReason, message: String) {
        // Dropping the device is not a fault.
        if reason != wgpu::DeviceLostReason::Destroyed {
            let _ = self.0.set(DeviceFault::Lost(message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(faults: &Faults) -> Option<&'static str> {
        faults.check().err().map(|fault| fault.code())
    }

    fn refused() -> wgpu::Error {
        wgpu::Error::Validation {
            source: "wrong".into(),
            description: "wrong".into(),
        }
    }

    #[test]
    fn the_first_fault_is_kept() {
        let faults = Faults::default();
        faults.keep(&wgpu::Error::OutOfMemory {
            source: "no room".into(),
        });
        faults.keep(&refused());
        faults.lost(wgpu::DeviceLostReason::Unknown, "gone".into());
        assert_eq!(code(&faults), Some("gpu.memory"));
    }

    #[test]
    fn a_refused_command_and_a_lost_device_have_codes() {
        let faults = Faults::default();
        faults.keep(&refused());
        assert_eq!(code(&faults), Some("gpu.refused"));
        let faults = Faults::default();
        faults.lost(wgpu::DeviceLostReason::Destroyed, String::new());
        assert_eq!(code(&faults), None);
        faults.lost(wgpu::DeviceLostReason::Unknown, "reset".into());
        assert_eq!(code(&faults), Some("gpu.lost"));
    }
}
