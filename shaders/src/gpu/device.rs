//! An open GPU.

use std::sync::Arc;

use super::fault::Faults;
use super::kernel::Kernels;
use super::pace::Pace;
use crate::tuning::Traits;

/// An open GPU. Clones name the same one.
#[derive(Clone, Debug)]
pub(crate) struct Gpu(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub adapter: wgpu::AdapterInfo,
    pub traits: Traits,
    pub kernels: Kernels,
    pub pace: Pace,
    pub faults: Faults,
}

impl Gpu {
    /// Natively waits until this submission is done, and no longer: later ones may be pending. A
    /// browser calls back by itself.
    #[cfg_attr(
        target_arch = "wasm32",
        expect(clippy::unused_self, reason = "natively the device waits")
    )]
    pub(super) fn drive(&self, submission: wgpu::SubmissionIndex) {
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

    /// Submits pending writes.
    pub(super) fn flush(&self) {
        let submission = self.0.queue.submit([]);
        self.drive(submission);
    }

    pub(super) fn raw_buffer(
        &self,
        label: &str,
        bytes: u64,
        usage: wgpu::BufferUsages,
    ) -> wgpu::Buffer {
        self.0.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes,
            usage,
            mapped_at_creation: false,
        })
    }
}
