//! Memory on the GPU, and reading it back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytemuck::{Pod, cast_slice};
use futures_channel::oneshot;

use super::device::Gpu;
use super::pace::Mark;
use crate::backend::{self, DeviceFault};

/// Bytes written at a time: a copy of them is kept, natively or in a browser, until the GPU took
/// it.
const WRITE_BYTES: usize = 4 << 20;

/// Elements of four bytes. Clones name the same memory.
#[derive(Clone, Debug)]
pub(crate) struct Buffer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gpu: Gpu,
    raw: wgpu::Buffer,
    bytes: u64,
    /// Buffers that earlier readings went through, for the next ones.
    staging: Mutex<Vec<wgpu::Buffer>>,
}

impl Buffer {
    /// Room for `count` elements, zero at first, as WebGPU guarantees.
    pub(super) fn zeros(gpu: &Gpu, label: &str, count: usize) -> Self {
        let bytes = 4 * count.max(1) as u64;
        let usage = wgpu::BufferUsages::STORAGE
            | wgpu::BufferUsages::COPY_SRC
            | wgpu::BufferUsages::COPY_DST;
        Self(Arc::new(Inner {
            gpu: gpu.clone(),
            raw: gpu.raw_buffer(label, bytes, usage),
            bytes,
            staging: Mutex::default(),
        }))
    }

    pub(super) fn raw(&self) -> &wgpu::Buffer {
        &self.0.raw
    }

    /// Queues a write from the `first`th element on.
    pub(super) fn write_bytes(&self, first: usize, bytes: &[u8]) {
        let Inner { gpu, raw, .. } = &*self.0;
        let mut at = 4 * first as u64;
        let mut parts = bytes.chunks(WRITE_BYTES).peekable();
        while let Some(part) = parts.next() {
            gpu.0.queue.write_buffer(raw, at, part);
            at += part.len() as u64;
            if parts.peek().is_some() {
                gpu.flush();
            }
        }
    }

    fn staging(&self) -> MutexGuard<'_, Vec<wgpu::Buffer>> {
        let staging = &self.0.staging;
        staging.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl backend::Memory for Buffer {
    type Reading = Reading;

    fn write(&self, first: usize, values: &[f32]) {
        self.write_bytes(first, cast_slice(values));
    }

    /// Queues a copy.
    fn reading(&self) -> Reading {
        let Inner {
            gpu, raw, bytes, ..
        } = &*self.0;
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let staging = self.staging().pop();
        let staging = staging.unwrap_or_else(|| gpu.raw_buffer("readback", *bytes, usage));
        let label = Some("readback");
        let device = &gpu.0.device;
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label });
        encoder.copy_buffer_to_buffer(raw, 0, &staging, 0, *bytes);
        let submission = gpu.0.queue.submit([encoder.finish()]);
        let (done, mapped) = oneshot::channel();
        staging.map_async(wgpu::MapMode::Read, .., move |result| {
            // The receiver is gone where the reading was dropped.
            let _ = done.send(result);
        });
        Reading {
            of: self.clone(),
            staging,
            mapped,
            submission: Some(submission),
            mark: gpu.0.pace.mark(),
        }
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A copy on its way to the host.
#[derive(Debug)]
pub(crate) struct Reading {
    of: Buffer,
    staging: wgpu::Buffer,
    mapped: oneshot::Receiver<Result<(), wgpu::BufferAsyncError>>,
    submission: Option<wgpu::SubmissionIndex>,
    mark: Option<Mark>,
}

impl Reading {
    async fn elements<T: Pod>(mut self) -> Result<Vec<T>, DeviceFault> {
        let gpu = self.of.0.gpu.clone();
        if let Some(submission) = self.submission.take() {
            gpu.drive(submission);
        }
        let mapped = (&mut self.mapped).await;
        gpu.0.pace.done(self.mark);
        // A fault explains a failed readback better than the readback's own error does.
        gpu.0.faults.check()?;
        let lost = |reason: String| DeviceFault::Lost(reason);
        mapped
            .map_err(|_| lost("the readback was dropped".into()))?
            .map_err(|error| lost(error.to_string()))?;
        let view = self
            .staging
            .get_mapped_range(..)
            .map_err(|error| lost(error.to_string()))?;
        let elements = cast_slice(&view).to_vec();
        drop(view);
        self.staging.unmap();
        self.of.staging().push(self.staging.clone());
        Ok(elements)
    }
}

impl backend::Reading for Reading {
    async fn values(self) -> Result<Vec<f32>, DeviceFault> {
        self.elements().await
    }

    async fn bits(self) -> Result<Vec<u32>, DeviceFault> {
        self.elements().await
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        // Dropped before anybody waited for it.
        if self.submission.is_some() {
            self.of.0.gpu.0.pace.forget();
        }
    }
}
