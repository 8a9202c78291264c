//! Launches `rotate.wgsl`.

use super::kernel::{Source, lines, workgroups};
use super::recording::{Dispatch, Memory};
use crate::graph::{EPSILON, Rotate};

/// Invocations that share a vector.
const LANES: usize = 8;
const WORKGROUP: usize = Rotate::GROUP * LANES;

pub(super) fn dispatch(op: &Rotate, memory: &Memory<'_>) -> Dispatch {
    let [rows, _] = memory.shape(op.qkv);
    let vectors = rows * 2 * op.heads;
    Dispatch {
        source: source(op.heads, op.head_dim),
        parameters: vec![vectors as u32, 0, 0, 0],
        buffers: vec![memory.buffer(op.qkv), memory.buffer(op.angles)],
        workgroups: workgroups([vectors.div_ceil(Rotate::GROUP), 1, 1]),
        flops: 0,
    }
}

pub(super) fn source(heads: usize, head_dim: usize) -> Source {
    let pairs = 0..(head_dim / 2).div_ceil(LANES);
    // The last pair of some lanes may lie beyond.
    let whole = (head_dim / 2).is_multiple_of(LANES);
    let within = |pair: usize| match whole {
        true => "true".to_owned(),
        false => format!("i_{pair} < HALF"),
    };
    let read = pairs.clone().map(|pair| {
        format!(
            "let i_{pair} = {pair}u * LANES + lane;
             var a_{pair} = 0.0;
             var b_{pair} = 0.0;
             if ({}) {{
                 a_{pair} = qkv[first + i_{pair}];
                 b_{pair} = qkv[first + HALF + i_{pair}];
             }}
             square += a_{pair} * a_{pair} + b_{pair} * b_{pair};",
            within(pair)
        )
    });
    let turn = pairs.map(|pair| {
        format!(
            "if (there && {}) {{
                 let cos = scale * angles[first_angle + i_{pair}];
                 let sin = scale * angles[first_angle + HALF + i_{pair}];
                 qkv[first + i_{pair}] = a_{pair} * cos - b_{pair} * sin;
                 qkv[first + HALF + i_{pair}] = b_{pair} * cos + a_{pair} * sin;
             }}",
            within(pair)
        )
    });
    Source::new("rotate", include_str!("rotate.wgsl"))
        .fill("head_dim", head_dim)
        .fill("heads", heads)
        .fill("epsilon", format!("{EPSILON:e}"))
        .fill("workgroup", WORKGROUP)
        .fill("lanes", LANES)
        .fill("read", lines(read))
        .fill("turn", lines(turn))
}
