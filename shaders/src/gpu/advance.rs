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
        source: source(op.clean.count > patches),
        parameters: parameters.map(|number| number as u32).to_vec(),
        buffers: [op.x, op.clean.of, op.guided, op.saved, op.weights]
            .map(|id| memory.buffer(id))
            .to_vec(),
        workgroups: workgroups([values.div_ceil(WORKGROUP), patches, 1]),
        flops: 0,
    }
}

pub(super) fn source(guided_by_two: bool) -> Source {
    Source::new("advance", include_str!("advance.wgsl"))
        .fill("guided_by_two", guided_by_two)
        .fill("workgroup", WORKGROUP)
}
