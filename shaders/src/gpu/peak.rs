//! The device's peak rate, which `peak.wgsl` reaches: kernels are measured against it.

use std::time::Duration;

use web_time::Instant;

use super::buffer::Buffer;
use super::device::Gpu;
use super::kernel::{Source, summed};
use super::program::Prepared;
use super::recording::{Binding, Dispatch, Recording};
use crate::backend::{DeviceFault, Memory, Prepared as _, Program, Reading};
use crate::ir::Tensors;

const VECTORS: usize = 16;
const INVOCATIONS: usize = 64 * 256;
/// Long enough that submission and readback are negligible.
const ENOUGH: Duration = Duration::from_millis(400);

/// Floating-point operations a second.
pub(super) async fn flops(gpu: &Gpu) -> Result<f64, DeviceFault> {
    let out = Buffer::zeros(gpu, "peak", 4 * INVOCATIONS);
    let mut rounds = 64;
    loop {
        let program = prepare(gpu, &out, rounds).finish();
        // The first run compiles.
        program.run();
        out.reading().values().await?;
        let watch = Instant::now();
        program.run();
        out.reading().values().await?;
        let elapsed = watch.elapsed();
        if elapsed >= ENOUGH {
            let flops = 2.0 * 4.0 * (VECTORS * INVOCATIONS) as f64 * f64::from(rounds);
            return Ok(flops / elapsed.as_secs_f64());
        }
        rounds *= 2;
    }
}

fn prepare(gpu: &Gpu, out: &Buffer, rounds: u32) -> Prepared {
    let dispatch = Dispatch {
        kernel: source(),
        parameters: vec![rounds, 0, 0, 0],
        bindings: vec![Binding::Constant(0)],
        workgroups: [INVOCATIONS / 64, 1, 1],
        flops: 0,
    };
    Prepared {
        gpu: gpu.clone(),
        recording: Recording {
            dispatches: vec![dispatch],
            constants: vec![out.clone()],
            tensors: Tensors::default(),
        },
        tensors: Vec::new(),
    }
}

pub(crate) fn source() -> Source {
    Source::new("peak", include_str!("peak.wgsl"))
        .list("vectors", 0..VECTORS)
        .table("terms", summed(VECTORS))
}
