//! The GPU's backend: a device opened once and watched for faults, buffers, kernels, and the
//! replay of a recording. Each operation's kernel is in the operation's folder in `ops/`.
//!
//! This uses wgpu directly. A tensor library in between would allocate, bind and compile while a
//! picture is being made; here all of that is done before, and in a browser the library would be
//! most of the download.

#[cfg(target_arch = "wasm32")]
mod browser;
mod buffer;
mod kernel;
mod open;
mod pace;
pub(crate) mod peak;
mod program;
mod recording;
mod weight;

use std::sync::{Arc, OnceLock};

use image2_package::blocks::Format;

pub(crate) use kernel::{Enable, NARROWED, Source, summed};
pub(crate) use recording::{Binding, Dispatch, Launch, Recorder};

use crate::backend::{Backend, Compile, DeviceFault};
use crate::ir::{Graph, Limits, WORKGROUPS_MAX, WeightBytes};
use crate::tuning::{Traits, Tuning};
use buffer::Buffer;
use kernel::Kernels;
use pace::Pace;
use program::Prepared;
use weight::Weight;

/// An open GPU. Clones name the same one.
#[derive(Clone, Debug)]
pub(crate) struct Gpu(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    device: wgpu::Device,
    queue: wgpu::Queue,
    adapter: wgpu::AdapterInfo,
    traits: Traits,
    kernels: Kernels,
    pace: Pace,
    fault: Arc<OnceLock<DeviceFault>>,
}

impl Backend for Gpu {
    type Memory = Buffer;
    type Weight = Weight;

    fn traits(&self) -> Option<Traits> {
        Some(self.0.traits)
    }

    fn adapter(&self) -> Option<&str> {
        Some(&self.0.adapter.name)
    }

    fn limits(&self) -> Limits {
        Limits {
            buffer_bytes: self.0.device.limits().max_storage_buffer_binding_size,
            workgroups: WORKGROUPS_MAX,
        }
    }

    /// Not known: a failed allocation is reported.
    fn weight_bytes_max(&self) -> Option<u64> {
        None
    }

    /// Weights stay as stored.
    fn weight_bytes(&self, _: Format, _: u64, stored_bytes: u64) -> u64 {
        stored_bytes
    }

    fn zeros(&self, label: &str, count: usize) -> Buffer {
        Buffer::zeros(self, label, count)
    }

    fn weight(&self, bytes: &WeightBytes<'_>) -> Weight {
        Weight::new(self, bytes)
    }

    fn flush(&self) {
        let submission = self.0.queue.submit([]);
        self.drive(submission);
    }

    /// Known where the allocator is wgpu's own.
    fn allocated_bytes(&self) -> Option<u64> {
        let report = self.0.device.generate_allocator_report()?;
        Some(report.total_allocated_bytes)
    }

    fn check(&self) -> Result<(), DeviceFault> {
        self.0
            .fault
            .get()
            .map_or(Ok(()), |fault| Err(fault.clone()))
    }

    async fn check_late(&self) -> Result<(), DeviceFault> {
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

    async fn peak_flops(&self) -> Result<Option<f64>, DeviceFault> {
        peak::flops(self).await.map(Some)
    }
}

impl<O: Launch> Compile<O> for Gpu {
    type Prepared = Prepared;

    fn prepare(&self, graph: &Graph<O>, memory: Vec<Option<Buffer>>, tuning: Tuning) -> Prepared {
        Prepared {
            gpu: self.clone(),
            recording: recording::record(graph, self.0.traits, tuning),
            tensors: memory,
        }
    }
}

impl Gpu {
    /// Natively waits until this submission is done, and no longer: later ones may be pending. A
    /// browser calls back by itself.
    #[cfg_attr(
        target_arch = "wasm32",
        expect(clippy::unused_self, reason = "natively the device waits")
    )]
    fn drive(&self, submission: wgpu::SubmissionIndex) {
        #[cfg(target_arch = "wasm32")]
        let _ = submission;
        #[cfg(not(target_arch = "wasm32"))]
        {
            let until = wgpu::PollType::Wait {
                submission_index: Some(submission),
                timeout: None,
            };
            if let Err(error) = self.0.device.poll(until) {
                log::warn!("waiting for the GPU: {error}");
            }
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
        // Dropping the device is not a fault.
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
