//! The GPU's backend: a device opened once and watched for faults, buffers, kernels, and the
//! replay of a recording. Each operation's kernel is in the operation's folder in `ops/`.
//!
//! This uses wgpu directly. A tensor library in between would allocate, bind and compile while a
//! picture is being made; here all of that is done before, and in a browser the library would be
//! most of the download.
//!
//! Files in the order of their dependencies: `fault`, `kernel/`, `pace`; `device`; `buffer`,
//! `weight`; `recording` (data), `program` (bound and replayed); `peak`; `offer`, `browser`, `open`.

#[cfg(target_arch = "wasm32")]
mod browser;
mod buffer;
mod device;
mod fault;
mod kernel;
mod offer;
mod open;
mod pace;
pub(crate) mod peak;
mod program;
mod recording;
mod weight;

use image2_package::blocks::Format;

pub(crate) use device::Gpu;
pub(crate) use kernel::{Enable, NARROWED, Source, summed};
pub(crate) use recording::{Binding, Dispatch, Launch, Recorder};

use crate::backend::{Backend, Compile, DeviceFault};
use crate::ir::{Graph, Limits, WORKGROUPS_MAX, WeightBytes};
use crate::tuning::{Traits, Tuning};
use buffer::Buffer;
use program::Prepared;
use weight::Weight;

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
        let limits = self.0.device.limits();
        Limits {
            tensor_bytes: limits.max_buffer_size,
            binding_bytes: limits.max_storage_buffer_binding_size,
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
        Self::flush(self);
    }

    /// Known where the allocator is wgpu's own.
    fn allocated_bytes(&self) -> Option<u64> {
        let report = self.0.device.generate_allocator_report()?;
        Some(report.total_allocated_bytes)
    }

    fn check(&self) -> Result<(), DeviceFault> {
        self.0.faults.check()
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
        self.0.faults.check()
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
