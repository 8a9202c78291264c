//! Twin of `rotate.wgsl`.

use super::Interpreter;
use super::math::square;
use crate::graph::EPSILON;
use crate::graph::Rotate;

pub(super) fn run(op: &Rotate, on: &Interpreter) {
    let (mut qkv, angles) = (on.values(op.qkv), on.values(op.angles));
    let (width, half) = (op.heads * op.head_dim, op.head_dim / 2);
    let query_scale = std::f32::consts::LOG2_E / (op.head_dim as f32).sqrt();
    for (row, angles) in qkv
        .chunks_exact_mut(3 * width)
        .zip(angles.chunks_exact(op.head_dim))
    {
        let (cos, sin) = angles.split_at(half);
        let (queries, keys) = row[..2 * width].split_at_mut(width);
        for (part, scale) in [(queries, query_scale), (keys, 1.0)] {
            for head in part.chunks_exact_mut(op.head_dim) {
                let scale = scale / (square(head) / op.head_dim as f32 + EPSILON).sqrt();
                let (a, b) = head.split_at_mut(half);
                for (((a, b), cos), sin) in a.iter_mut().zip(b).zip(cos).zip(sin) {
                    (*a, *b) = (scale * (*a * cos - *b * sin), scale * (*b * cos + *a * sin));
                }
            }
        }
    }
}
