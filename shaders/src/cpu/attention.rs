//! Twin of `attention.wgsl`.

use super::Interpreter;
use crate::graph::Attention;

pub(super) fn run(op: &Attention, on: &Interpreter) {
    let (qkv, mut out) = (on.values(op.qkv), on.values(op.out));
    let (dim, width, length) = (op.head_dim, op.heads * op.head_dim, op.sequence.length());
    // Keys and values of one head, gathered: [length, dim], and [dim, length] for the products
    // of the scores, so that both inner loops run along memory.
    let (mut keys, mut values) = (vec![0.0; dim * length], vec![0.0; length * dim]);
    let mut scores = vec![0.0; length];
    for b in 0..op.sequence.batch {
        for head in 0..op.heads {
            for i in 0..length {
                let row = &qkv[op.sequence.row(b, i) * 3 * width..][..3 * width];
                for (d, key) in row[width + head * dim..][..dim].iter().enumerate() {
                    keys[d * length + i] = *key;
                }
                values[i * dim..][..dim].copy_from_slice(&row[2 * width + head * dim..][..dim]);
            }
            for i in op.first()..length {
                let row = op.sequence.row(b, i);
                let query = &qkv[row * 3 * width + head * dim..][..dim];
                scores.fill(0.0);
                for (q, keys) in query.iter().zip(keys.chunks_exact(length)) {
                    scores
                        .iter_mut()
                        .zip(keys)
                        .for_each(|(score, key)| *score += q * key);
                }
                let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                scores
                    .iter_mut()
                    .for_each(|score| *score = (*score - largest).exp2());
                let share = 1.0 / scores.iter().sum::<f32>();
                let out = &mut out[row * width + head * dim..][..dim];
                out.fill(0.0);
                for (score, values) in scores.iter().zip(values.chunks_exact(dim)) {
                    out.iter_mut()
                        .zip(values)
                        .for_each(|(out, value)| *out += score * share * value);
                }
            }
        }
    }
}
