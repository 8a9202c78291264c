//! Launches `preview.wgsl`.

use super::kernel::{Source, workgroups};
use super::recording::{Dispatch, Memory};
use crate::graph::Preview;

pub(super) fn dispatch(op: &Preview, memory: &Memory<'_>) -> Dispatch {
    let [height, width] = op.size;
    let pixels = height * width;
    let [width, pixels, patch, channels] =
        [width, pixels, op.patch, op.channels].map(|number| number as u32);
    Dispatch {
        source: source(),
        parameters: vec![width, pixels, patch, channels, op.haze.to_bits(), 0, 0, 0],
        buffers: [op.values, op.out].map(|id| memory.buffer(id)).to_vec(),
        workgroups: workgroups([(pixels as usize).div_ceil(Preview::GROUP), 1, 1]),
        flops: 0,
    }
}

pub(super) fn source() -> Source {
    Source::new("preview", include_str!("preview.wgsl")).fill("workgroup", Preview::GROUP)
}
