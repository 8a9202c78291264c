//! Memory on the GPU, and the way back from it.

use std::sync::{Arc, Mutex, PoisonError};

use bytemuck::{Pod, cast_slice};
use futures_channel::oneshot;

use super::Gpu;
use super::pace::Mark;
use crate::compute::DeviceFault;

/// Bytes written at a time: a copy of them waits, natively or in a browser, until the GPU took it.
const WRITE_BYTES: usize = 4 << 20;

/// Values of four bytes. Clones name the same memory.
#[derive(Clone, Debug)]
pub(crate) struct Buffer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gpu: Gpu,
    raw: wgpu::Buffer,
    bytes: u64,
    /// What earlier readings went through, for the next ones.
    staging: Mutex<Vec<wgpu::Buffer>>,
}

/// A copy on its way back.
#[derive(Debug)]
pub(crate) struct Reading {
    of: Buffer,
    staging: wgpu::Buffer,
    mapped: oneshot::Receiver<Result<(), wgpu::BufferAsyncError>>,
    submission: Option<wgpu::SubmissionIndex>,
    mark: Option<Mark>,
}

impl Gpu {
    /// Room for `count` values, zero at first, as WebGPU promises.
    pub(crate) fn zeros(&self, count: usize) -> Buffer {
        let bytes = 4 * count.max(1) as u64;
        let usage = wgpu::BufferUsages::STORAGE
            | wgpu::BufferUsages::COPY_SRC
            | wgpu::BufferUsages::COPY_DST;
        Buffer(Arc::new(Inner {
            gpu: self.clone(),
            raw: self.buffer(bytes, usage),
            bytes,
            staging: Mutex::default(),
        }))
    }

    /// Hands over what was written so far.
    pub(crate) fn flush(&self) {
        let submission = self.0.queue.submit([]);
        self.drive(submission);
    }

    /// What the driver was asked for, where its allocator is wgpu's own.
    pub(crate) fn allocated_bytes(&self) -> Option<u64> {
        let report = self.0.device.generate_allocator_report()?;
        Some(report.total_allocated_bytes)
    }

    pub(super) fn buffer(&self, bytes: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        self.0.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: bytes,
            usage,
            mapped_at_creation: false,
        })
    }
}

impl Buffer {
    pub(super) fn raw(&self) -> &wgpu::Buffer {
        &self.0.raw
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Queues a write of `values` from the `first`th on.
    pub(crate) fn write<T: Pod>(&self, first: usize, values: &[T]) {
        let Inner { gpu, raw, .. } = &*self.0;
        let mut at = 4 * first as u64;
        let mut parts = cast_slice::<T, u8>(values).chunks(WRITE_BYTES).peekable();
        while let Some(part) = parts.next() {
            gpu.0.queue.write_buffer(raw, at, part);
            at += part.len() as u64;
            if parts.peek().is_some() {
                gpu.flush();
            }
        }
    }

    /// Queues a copy of the values after everything that was submitted; what is submitted later does
    /// not change it.
    pub(crate) fn reading(&self) -> Reading {
        let Inner {
            gpu, raw, bytes, ..
        } = &*self.0;
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let staging = self.staging().pop();
        let staging = staging.unwrap_or_else(|| gpu.buffer(*bytes, usage));
        let device = &gpu.0.device;
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(raw, 0, &staging, 0, *bytes);
        let submission = gpu.0.queue.submit([encoder.finish()]);
        let (done, mapped) = oneshot::channel();
        staging.map_async(wgpu::MapMode::Read, .., move |result| {
            // Nobody listens where the reader was dropped.
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

    /// The values after everything that was submitted.
    pub(crate) async fn read(&self) -> Result<Vec<f32>, DeviceFault> {
        self.reading().values().await
    }

    fn staging(&self) -> std::sync::MutexGuard<'_, Vec<wgpu::Buffer>> {
        let staging = &self.0.staging;
        staging.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    pub(crate) async fn values<T: Pod>(mut self) -> Result<Vec<T>, DeviceFault> {
        let gpu = self.of.0.gpu.clone();
        if let Some(submission) = self.submission.take() {
            gpu.drive(submission);
        }
        let mapped = (&mut self.mapped).await;
        gpu.0.pace.done(self.mark);
        // A fault explains a failed readback better than the readback does.
        gpu.check()?;
        let lost = |reason: String| DeviceFault::Lost(reason);
        mapped
            .map_err(|_| lost("the readback was dropped".into()))?
            .map_err(|error| lost(error.to_string()))?;
        let view = self
            .staging
            .get_mapped_range(..)
            .map_err(|error| lost(error.to_string()))?;
        let values = cast_slice(&view).to_vec();
        drop(view);
        self.staging.unmap();
        self.of.staging().push(self.staging.clone());
        Ok(values)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        // Before anybody waited for it.
        if self.submission.is_some() {
            self.of.0.gpu.0.pace.forget();
        }
    }
}
