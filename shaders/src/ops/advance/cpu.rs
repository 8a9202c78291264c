//! Twin of `advance.wgsl`.

use super::Advance;
use crate::cpu::{Twin, Values};

impl Twin for Advance {
    fn run(&self, on: &Values) {
        let [mut x, clean, mut guided, mut saved, weights] =
            [self.x, self.clean.of, self.guided, self.saved, self.weights].map(|id| on.lock(id));
        let &[scale, w, w_saved, from_saved] = weights.as_slice() else {
            panic!("four weights")
        };
        let (stride, values) = (on.stride(self.x), self.clean.columns);
        let (patches, area) = (guided.len() / values, values / self.channels);
        let branch = |b: usize, patch: usize, i: usize| {
            // From channel by channel to pixel by pixel.
            let (channel, pixel) = (i / area, i % area);
            let row = self.clean.first + b * patches + patch;
            clean[row * values + pixel * self.channels + channel]
        };
        for patch in 0..patches {
            for i in 0..values {
                let at = patch * values + i;
                let mut g = branch(0, patch, i);
                if self.clean.count > patches {
                    let without = branch(1, patch, i);
                    g = without + scale * (g - without);
                }
                let x = &mut x[patch * stride + i];
                let (toward, base) = (g - *x, if from_saved != 0.0 { saved[at] } else { *x });
                guided[at] = g;
                saved[at] = *x + w_saved * toward;
                *x = base + w * toward;
            }
        }
    }
}
