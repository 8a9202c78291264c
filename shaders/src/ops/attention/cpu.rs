//! Twin of the kernel: both of its products use the panels of `cpu/panels`, with keys and values in
//! place of weights. Scores exist for `ROWS` queries at a time.

use super::Attention;
use crate::cpu::{
    Twin, Values,
    math::exp2,
    panels::{Column, LANES, ROWS, product, side_by_side},
    threads,
};
use crate::ops::Sequence;

/// Queries that a thread takes at a time.
const CHUNK: usize = 16;

impl Twin for Attention {
    fn run(&self, on: &Values) {
        let (qkv, mut out) = (on.lock(self.qkv), on.lock(self.out));
        let (sequence, width, first) = (self.sequence, self.heads * self.head_dim, self.first());
        let asked = (sequence.length() - first).next_multiple_of(CHUNK);
        let heads: Vec<Head> = (0..sequence.batch * self.heads)
            .map(|i| Head::new(self, &qkv, i / self.heads, i % self.heads))
            .collect();
        // Item by item, each padded to whole chunks: the rows of `out` have another order.
        let mut mixed = vec![0.0; sequence.batch * asked * width];
        threads::each_chunk(&mut mixed, CHUNK * width, |i, mixed| {
            let (item, token) = (CHUNK * i / asked, first + CHUNK * i % asked);
            let work = Work {
                op: self,
                qkv: &qkv,
                heads: &heads[item * self.heads..][..self.heads],
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
}

/// One head's keys and values, gathered from the rows of an item as panels.
struct Head {
    /// Panels of `LANES` tokens: `[tokens / LANES, head_dim]`, the last padded with zeros.
    keys: Vec<[f32; LANES]>,
    /// Panels of `LANES` features: `[head_dim / LANES, tokens]`, likewise.
    values: Vec<[f32; LANES]>,
}

impl Head {
    fn new(op: &Attention, qkv: &[f32], item: usize, head: usize) -> Self {
        let (dim, width, length) = (op.head_dim, op.heads * op.head_dim, op.sequence.length());
        let mut keys = vec![[0.0; LANES]; length.div_ceil(LANES) * dim];
        let mut values = vec![[0.0; LANES]; dim.div_ceil(LANES) * length];
        for i in 0..length {
            let row = &qkv[op.sequence.row(item, i) * 3 * width + head * dim..];
            let panel = &mut keys[i / LANES * dim..][..dim];
            for (key, place) in row[width..].iter().zip(panel) {
                place[i % LANES] = *key;
            }
            let panels = values.chunks_exact_mut(length);
            for (value, panel) in row[2 * width..][..dim].chunks(LANES).zip(panels) {
                panel[i][..value.len()].copy_from_slice(value);
            }
        }
        Self { keys, values }
    }
}

struct Work<'a> {
    op: &'a Attention,
    qkv: &'a [f32],
    /// The heads of one item.
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
        let mut scores = vec![[0.0; ROWS]; length.next_multiple_of(LANES)];
        for (at, mixed) in mixed.chunks_exact_mut(ROWS * width).enumerate() {
            // Tokens beyond the last read the last; their result is not used.
            let row = |i: usize| {
                let token = (token + at * ROWS + i).min(length - 1);
                self.op.sequence.row(item, token) * 3 * width
            };
            for (h, head) in self.heads.iter().enumerate() {
                let queries = side_by_side(ROWS, |i| &self.qkv[row(i) + h * dim..][..dim]);
                let places = scores.chunks_exact_mut(LANES);
                for (panel, scores) in head.keys.chunks_exact(dim).zip(places) {
                    let sums = product::<FUSED>(&queries, panel);
                    for (lane, scores) in scores.iter_mut().enumerate() {
                        *scores = sums.map(|sums| sums[lane]);
                    }
                }
                let shares = shares_of(&mut scores[..length]).map(|sum| 1.0 / sum);
                for (n, panel) in head.values.chunks_exact(length).enumerate() {
                    let sums = product::<FUSED>(&scores[..length], panel);
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

/// Replaces scores by shares relative to each query's largest one; returns their sums.
#[inline(always)]
fn shares_of(scores: &mut [Column]) -> Column {
    let mut largest = [f32::NEG_INFINITY; ROWS];
    for scores in scores.iter() {
        for (largest, score) in largest.iter_mut().zip(scores) {
            // Not `max`: wasm has no instruction for it.
            *largest = if *largest < *score { *score } else { *largest };
        }
    }
    let mut sums = [0.0; ROWS];
    for scores in scores {
        for ((score, sum), largest) in scores.iter_mut().zip(&mut sums).zip(largest) {
            *score = exp2(*score - largest);
            *sum += *score;
        }
    }
    sums
}
