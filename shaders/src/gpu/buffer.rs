//! Memory on the GPU, and the way back from it.

use std::sync::Arc;

use bytemuck::{Pod, cast_slice};
use futures_channel::oneshot;

use super::Gpu;
use crate::compute::DeviceFault;

/// Values of four bytes. Clones name the same memory.
#[derive(Clone, Debug)]
pub(crate) struct Buffer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gpu: Gpu,
    raw: wgpu::Buffer,
    bytes: u64,
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
        }))
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

    /// Queues a write of `values` from the `first`th on.
    pub(crate) fn write<T: Pod>(&self, first: usize, values: &[T]) {
        let queue = &self.0.gpu.0.queue;
        queue.write_buffer(&self.0.raw, 4 * first as u64, cast_slice(values));
    }

    /// The values after everything that was submitted.
    pub(crate) async fn read(&self) -> Result<Vec<f32>, DeviceFault> {
        let Inner { gpu, raw, bytes } = &*self.0;
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let staging = gpu.buffer(*bytes, usage);
        let device = &gpu.0.device;
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(raw, 0, &staging, 0, *bytes);
        gpu.0.queue.submit([encoder.finish()]);
        let (done, mapped) = oneshot::channel();
        staging.map_async(wgpu::MapMode::Read, .., move |result| {
            // Nobody listens where the reader was dropped.
            let _ = done.send(result);
        });
        gpu.drive();
        let mapped = mapped.await;
        gpu.0.pace.done();
        // A fault explains a failed readback better than the readback does.
        gpu.check()?;
        let lost = |reason: String| DeviceFault::Lost(reason);
        mapped
            .map_err(|_| lost("the readback was dropped".into()))?
            .map_err(|error| lost(error.to_string()))?;
        let view = staging
            .get_mapped_range(..)
            .map_err(|error| lost(error.to_string()))?;
        Ok(cast_slice(&view).to_vec())
    }
}
