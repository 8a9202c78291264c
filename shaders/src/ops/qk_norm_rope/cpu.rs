//! Twin of `qk_norm_rope.wgsl`.

use super::QkNormRope;
use crate::cpu::{Twin, Values, math::square};

impl Twin for QkNormRope {
    fn run(&self, on: &Values) {
        let (mut qkv, angles) = (on.lock(self.qkv), on.lock(self.angles));
        let (width, half) = (self.heads * self.head_dim, self.head_dim / 2);
        let query_scale = std::f32::consts::LOG2_E / (self.head_dim as f32).sqrt();
        for (row, angles) in qkv
            .chunks_exact_mut(3 * width)
            .zip(angles.chunks_exact(self.head_dim))
        {
            let (cos, sin) = angles.split_at(half);
            let (queries, keys) = row[..2 * width].split_at_mut(width);
            for (part, scale) in [(queries, query_scale), (keys, 1.0)] {
                for head in part.chunks_exact_mut(self.head_dim) {
                    let scale = scale / (square(head) / self.head_dim as f32 + self.epsilon).sqrt();
                    let (a, b) = head.split_at_mut(half);
                    for (((a, b), cos), sin) in a.iter_mut().zip(b).zip(cos).zip(sin) {
                        (*a, *b) = (scale * (*a * cos - *b * sin), scale * (*b * cos + *a * sin));
                    }
                }
            }
        }
    }
}
