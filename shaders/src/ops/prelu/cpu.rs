//! Twin of `prelu.wgsl`.

use super::Prelu;
use crate::cpu::{Twin, Values};

impl Twin for Prelu {
    fn run(&self, on: &Values) {
        let (mut x, slopes) = (on.lock(self.x.of), on.lock(self.slopes));
        let stride = on.stride(self.x.of);
        let rows = x[self.x.first * stride..].chunks_exact_mut(stride);
        for row in rows.take(self.x.count) {
            for (x, slope) in row.iter_mut().zip(slopes.iter()) {
                *x = if *x < 0.0 { slope * *x } else { *x };
            }
        }
    }
}
