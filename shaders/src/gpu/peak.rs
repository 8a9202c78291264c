//! The device's peak, as `peak.wgsl` reaches it: the ceiling that kernels are measured against.

use std::time::Duration;

use web_time::Instant;

use super::kernel::{Source, lines};
use super::recording::{Dispatch, Recording};
use super::{Buffer, Gpu};
use crate::compute::DeviceFault;

const VECTORS: usize = 16;
const INVOCATIONS: usize = 64 * 256;
/// Long enough that submitting and reading back do not count.
const ENOUGH: Duration = Duration::from_millis(400);

impl Gpu {
    /// Floating-point operations a second.
    pub(crate) async fn peak_flops(&self) -> Result<f64, DeviceFault> {
        let out = self.zeros(4 * INVOCATIONS);
        let mut rounds = 64;
        loop {
            let recording = Recording::of(self, &[dispatch(&out, rounds)]);
            // The first run compiles.
            recording.run();
            out.read().await?;
            let watch = Instant::now();
            recording.run();
            out.read().await?;
            let elapsed = watch.elapsed();
            if elapsed >= ENOUGH {
                let flops = 2.0 * 4.0 * (VECTORS * INVOCATIONS) as f64 * f64::from(rounds);
                return Ok(flops / elapsed.as_secs_f64());
            }
            rounds *= 2;
        }
    }
}

fn dispatch(out: &Buffer, rounds: u32) -> Dispatch {
    Dispatch {
        source: source(),
        parameters: vec![rounds, 0, 0, 0],
        buffers: vec![out.clone()],
        workgroups: [(INVOCATIONS / 64) as u32, 1, 1],
        flops: 0,
    }
}

pub(super) fn source() -> Source {
    let each = |line: fn(usize) -> String| lines((0..VECTORS).map(line));
    let names: Vec<String> = (0..VECTORS).map(|i| format!("sum_{i}")).collect();
    Source::new("peak", include_str!("peak.wgsl"))
        .fill("declare", each(|i| format!("var sum_{i} = vec4({i}.0);")))
        .fill(
            "multiply",
            each(|i| format!("sum_{i} = fma(sum_{i}, factor, rest);")),
        )
        .fill("sum", names.join(" + "))
}
