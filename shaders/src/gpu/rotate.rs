//! Launches `rotate.wgsl`.

use super::kernel::{Source, workgroups};
use super::recording::{Dispatch, Memory};
use crate::graph::{EPSILON, Rotate};

const WORKGROUP: usize = 64;

pub(super) fn dispatch(op: &Rotate, memory: &Memory<'_>) -> Dispatch {
    let [rows, _] = memory.shape(op.qkv);
    let vectors = rows * 2 * op.heads;
    Dispatch {
        source: source(op.heads, op.head_dim),
        parameters: vec![vectors as u32, 0, 0, 0],
        buffers: vec![memory.buffer(op.qkv), memory.buffer(op.angles)],
        workgroups: workgroups([vectors.div_ceil(WORKGROUP), 1, 1]),
        flops: 0,
    }
}

pub(super) fn source(heads: usize, head_dim: usize) -> Source {
    Source::new("rotate", include_str!("rotate.wgsl"))
        .fill("head_dim", head_dim)
        .fill("heads", heads)
        .fill("epsilon", format!("{EPSILON:e}"))
        .fill("workgroup", WORKGROUP)
}
