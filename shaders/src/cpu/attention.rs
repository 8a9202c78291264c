//! Twin of `attention.wgsl`: both of its products go through the panels of `decoded.rs`, with keys
//! and values in the weights' place. Scores exist for `ROWS` queries at a time.

use super::decoded::{LANES, product};
use super::exp::exp2;
use super::linear::ROWS;
use super::{Interpreter, threads};
use crate::graph::{Attention, Sequence};

/// Queries that one thread takes at a time.
const CHUNK: usize = 16;

pub(super) fn run(op: &Attention, on: &Interpreter) {
    let (qkv, mut out) = (on.values(op.qkv), on.values(op.out));
    let (sequence, width, first) = (op.sequence, op.heads * op.head_dim, op.first());
    let asked = (sequence.length() - first).next_multiple_of(CHUNK);
    let heads: Vec<Head> = (0..sequence.batch * op.heads)
        .map(|i| Head::new(op, &qkv, i / op.heads, i % op.heads))
        .collect();
    // Item by item, each filled up to whole chunks: rows of `out` lie otherwise.
    let mut mixed = vec![0.0; sequence.batch * asked * width];
    threads::each_chunk(&mut mixed, CHUNK * width, |i, mixed| {
        let (item, token) = (CHUNK * i / asked, first + CHUNK * i % asked);
        let work = Work {
            op,
            qkv: &qkv,
            heads: &heads[item * op.heads..][..op.heads],
        };
        work.chunk(item, token, mixed);
    });
    for (i, mixed) in mixed.chunks_exact(width).enumerate() {
        let (item, token) = (i / asked, first + i % asked);
        if token < sequence.length() {
            out[sequence.row(item, token) * width..][..width].copy_from_slice(mixed);
        }
    }
}

/// One head's keys and values, gathered from the rows of an item.
struct Head {
    /// Panels of `LANES` tokens: `[tokens / LANES, head_dim, LANES]`, the last filled with zeros.
    keys: Vec<f32>,
    /// Panels of `LANES` features: `[head_dim / LANES, tokens, LANES]`, likewise.
    values: Vec<f32>,
}

impl Head {
    fn new(op: &Attention, qkv: &[f32], item: usize, head: usize) -> Self {
        let (dim, width, length) = (op.head_dim, op.heads * op.head_dim, op.sequence.length());
        let mut keys = vec![0.0; length.next_multiple_of(LANES) * dim];
        let mut values = vec![0.0; dim.next_multiple_of(LANES) * length];
        for i in 0..length {
            let row = &qkv[op.sequence.row(item, i) * 3 * width + head * dim..];
            let panel = &mut keys[i / LANES * dim * LANES..][..dim * LANES];
            for (key, place) in row[width..].iter().zip(panel.chunks_exact_mut(LANES)) {
                place[i % LANES] = *key;
            }
            let panels = values.chunks_exact_mut(length * LANES);
            for (value, panel) in row[2 * width..][..dim].chunks(LANES).zip(panels) {
                panel[i * LANES..][..value.len()].copy_from_slice(value);
            }
        }
        Self { keys, values }
    }
}

struct Work<'a> {
    op: &'a Attention,
    qkv: &'a [f32],
    /// Of one item.
    heads: &'a [Head],
}

impl Work<'_> {
    /// `CHUNK` tokens of an item, from `token` on.
    fn chunk(&self, item: usize, token: usize, mixed: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            // SAFETY: the processor has the features that the function is compiled for.
            return unsafe { self.chunk_avx2(item, token, mixed) };
        }
        self.chunk_with::<false>(item, token, mixed);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn chunk_avx2(&self, item: usize, token: usize, mixed: &mut [f32]) {
        self.chunk_with::<true>(item, token, mixed);
    }

    #[inline(always)]
    fn chunk_with<const FUSED: bool>(&self, item: usize, token: usize, mixed: &mut [f32]) {
        let Sequence { text, picture, .. } = self.op.sequence;
        let (dim, length) = (self.op.head_dim, text[1] + picture[1]);
        let width = self.op.heads * dim;
        let padded = length.next_multiple_of(LANES);
        let mut scores = vec![0.0; ROWS * padded];
        for (at, mixed) in mixed.chunks_exact_mut(ROWS * width).enumerate() {
            // The last token again where there is none: nobody reads what it gives.
            let rows: [usize; ROWS] = std::array::from_fn(|i| {
                let token = (token + at * ROWS + i).min(length - 1);
                self.op.sequence.row(item, token)
            });
            for (h, head) in self.heads.iter().enumerate() {
                let queries = rows.map(|row| &self.qkv[row * 3 * width + h * dim..][..dim]);
                for (n, panel) in head.keys.chunks_exact(dim * LANES).enumerate() {
                    let sums = product::<FUSED>(queries, panel);
                    for (scores, sums) in scores.chunks_exact_mut(padded).zip(sums) {
                        scores[n * LANES..][..LANES].copy_from_slice(&sums);
                    }
                }
                let mut shares = [0.0; ROWS];
                for (scores, share) in scores.chunks_exact_mut(padded).zip(&mut shares) {
                    *share = 1.0 / weigh(&mut scores[..length]);
                }
                let weights: [&[f32]; ROWS] =
                    std::array::from_fn(|i| &scores[i * padded..][..length]);
                for (n, panel) in head.values.chunks_exact(length * LANES).enumerate() {
                    let sums = product::<FUSED>(weights, panel);
                    let lanes = LANES.min(dim - n * LANES);
                    for (i, (sums, share)) in sums.iter().zip(shares).enumerate() {
                        let place = &mut mixed[i * width + h * dim + n * LANES..][..lanes];
                        for (place, sum) in place.iter_mut().zip(sums) {
                            *place = sum * share;
                        }
                    }
                }
            }
        }
    }
}

/// From scores to weights relative to the largest one's; returns their sum.
#[inline(always)]
fn weigh(scores: &mut [f32]) -> f32 {
    // Side by side: a compiler may not change the order of a sum on its own.
    let mut largest = [f32::NEG_INFINITY; 8];
    for eight in scores.as_chunks::<8>().0 {
        for (largest, score) in largest.iter_mut().zip(eight) {
            *largest = largest.max(*score);
        }
    }
    let rest = scores.as_chunks::<8>().1.iter().copied();
    let largest = largest
        .into_iter()
        .chain(rest)
        .fold(f32::NEG_INFINITY, f32::max);
    let mut sums = [0.0; 8];
    let (eights, rest) = scores.as_chunks_mut::<8>();
    for eight in eights {
        for (sum, score) in sums.iter_mut().zip(eight) {
            *score = exp2(*score - largest);
            *sum += *score;
        }
    }
    let mut sum: f32 = sums.iter().sum();
    for score in rest {
        *score = exp2(*score - largest);
        sum += *score;
    }
    sum
}
