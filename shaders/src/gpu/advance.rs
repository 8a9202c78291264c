//! Launches `advance.wgsl`.

use super::kernel::{Source, workgroups};
use super::recording::{Dispatch, Memory};
use crate::graph::Advance;

const WORKGROUP: usize = 64;

pub(super) fn dispatch(op: &Advance, memory: &Memory<'_>) -> Dispatch {
    let [patches, stride] = memory.shape(op.x);
    let values = op.clean.columns;
    let parameters = [
        patches,
        values,
        stride,
        op.clean.first,
        op.channels,
        0,
        0,
        0,
    ];
    Dispatch {
        source: Source::new("advance", include_str!("advance.wgsl"))
            .fill("guided_by_two", op.clean.count > patches)
            .fill("workgroup", WORKGROUP),
        parameters: parameters.map(|number| number as u32).to_vec(),
        buffers: [op.x, op.clean.of, op.guided, op.saved, op.weights]
            .map(|id| memory.buffer(id))
            .to_vec(),
        workgroups: workgroups([values.div_ceil(WORKGROUP), patches, 1]),
        flops: 0,
    }
}
