//! The GPU's side: a device opened once and watched for faults, buffers, kernels, and the replay
//! of a graph.
//!
//! This talks to wgpu directly. A tensor library between would allocate, bind and compile while
//! a picture is being made; here all of that is done before, and in a browser the library would
//! be most of the download.

mod advance;
mod attention;
mod buffer;
mod kernel;
mod linear;
mod pace;
mod peak;
mod recording;
mod rotate;

use std::sync::{Arc, OnceLock};

pub(crate) use buffer::Buffer;
pub(crate) use linear::MatrixBuffer;
pub(crate) use recording::Recording;

use crate::compute::DeviceFault;
use kernel::Kernels;
use pace::Pace;

/// An open GPU. Clones name the same one.
#[derive(Clone, Debug)]
pub struct Gpu(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    device: wgpu::Device,
    queue: wgpu::Queue,
    adapter: wgpu::AdapterInfo,
    kernels: Kernels,
    pace: Pace,
    fault: Arc<OnceLock<DeviceFault>>,
}

/// Features that are used where they are offered.
const WANTED: wgpu::Features = wgpu::Features::SHADER_F16.union(wgpu::Features::SUBGROUP);

impl Gpu {
    pub(crate) async fn open() -> Result<Self, DeviceFault> {
        let unavailable = |error: String| DeviceFault::Unavailable(error);
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            // Not OpenGL: its drivers offer compute in name more than in deed.
            backends: wgpu::Backends::PRIMARY,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                ..wgpu::RequestAdapterOptions::default()
            })
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                required_features: adapter.features() & WANTED,
                required_limits: adapter.limits(),
                ..wgpu::DeviceDescriptor::default()
            })
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let fault = Arc::new(OnceLock::new());
        device.on_uncaptured_error(Arc::new(keep_first(fault.clone())));
        device.set_device_lost_callback(on_loss(fault.clone()));
        Ok(Self(Arc::new(Inner {
            device,
            queue,
            adapter: adapter.get_info(),
            kernels: Kernels::default(),
            pace: Pace::default(),
            fault,
        })))
    }

    pub(crate) fn adapter(&self) -> &str {
        &self.0.adapter.name
    }

    /// Browsers do not say what kind of device it is, but name the imitations.
    pub(crate) fn is_software(&self) -> bool {
        let wgpu::AdapterInfo {
            device_type, name, ..
        } = &self.0.adapter;
        let imitates = |name: &str| {
            ["swiftshader", "llvmpipe", "lavapipe"]
                .iter()
                .any(|known| name.contains(known))
        };
        *device_type == wgpu::DeviceType::Cpu || imitates(&name.to_lowercase())
    }

    pub(crate) fn binding_bytes_max(&self) -> u64 {
        self.0.device.limits().max_storage_buffer_binding_size
    }

    pub(crate) fn check(&self) -> Result<(), DeviceFault> {
        self.0
            .fault
            .get()
            .map_or(Ok(()), |fault| Err(fault.clone()))
    }

    pub(crate) async fn check_late(&self) -> Result<(), DeviceFault> {
        // An error scope's answer comes after those of all earlier commands; the second one lets
        // the events run that the first one overtook.
        for _ in 0..2 {
            let scope = self
                .0
                .device
                .push_error_scope(wgpu::ErrorFilter::Validation);
            let _ = scope.pop().await;
        }
        self.check()
    }

    /// Waits, natively, until what was submitted is done; a browser calls back by itself.
    fn drive(&self) {
        #[cfg(not(target_arch = "wasm32"))]
        if let Err(error) = self.0.device.poll(wgpu::PollType::wait_indefinitely()) {
            log::warn!("waiting for the GPU: {error}");
        }
    }
}

/// Keeps the first fault for `check`: later ones are mostly its consequences.
fn keep_first(fault: Arc<OnceLock<DeviceFault>>) -> impl Fn(wgpu::Error) {
    move |error| {
        log::error!("uncaptured GPU error: {error}");
        let _ = fault.set(match &error {
            wgpu::Error::OutOfMemory { .. } => DeviceFault::OutOfMemory(error.to_string()),
            _ => DeviceFault::Refused(error.to_string()),
        });
    }
}

fn on_loss(fault: Arc<OnceLock<DeviceFault>>) -> impl Fn(wgpu::DeviceLostReason, String) {
    move |reason, message| {
        // Dropping the device is no fault, and nobody is left to hear of it.
        if reason != wgpu::DeviceLostReason::Destroyed {
            let _ = fault.set(DeviceFault::Lost(message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_is_named_and_stays() {
        let fault = Arc::new(OnceLock::new());
        let hear = keep_first(fault.clone());
        hear(wgpu::Error::OutOfMemory {
            source: "no room".into(),
        });
        hear(wgpu::Error::Validation {
            source: "wrong".into(),
            description: "a consequence".into(),
        });
        on_loss(fault.clone())(wgpu::DeviceLostReason::Unknown, "gone".into());
        assert_eq!(fault.get().map(DeviceFault::code), Some("gpu.memory"));
    }

    #[test]
    fn a_refused_command_and_a_loss_are_named() {
        let fault = Arc::new(OnceLock::new());
        keep_first(fault.clone())(wgpu::Error::Validation {
            source: "wrong".into(),
            description: "wrong".into(),
        });
        assert_eq!(fault.get().map(DeviceFault::code), Some("gpu.refused"));
        let fault = Arc::new(OnceLock::new());
        on_loss(fault.clone())(wgpu::DeviceLostReason::Destroyed, String::new());
        assert_eq!(fault.get(), None);
        on_loss(fault.clone())(wgpu::DeviceLostReason::Unknown, "reset".into());
        assert_eq!(fault.get().map(DeviceFault::code), Some("gpu.lost"));
    }
}
