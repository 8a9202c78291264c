//! Twin of `preview.wgsl`.

use super::{GROUP, Preview, STATISTICS};
use crate::cpu::{Twin, Values};

impl Twin for Preview {
    fn run(&self, on: &Values) {
        let [values, mut out] = [self.values, self.out].map(|id| on.lock(id));
        let ([height, width], side) = (self.size, self.patch);
        let pixels = height * width;
        let (words, statistics) = out.split_at_mut(pixels);
        let groups = words.chunks_mut(GROUP);
        for (group, (words, statistics)) in
            groups.zip(statistics.chunks_mut(STATISTICS)).enumerate()
        {
            let (mut first, mut low, mut high) = (None::<usize>, f32::MAX, f32::MIN);
            for (pixel, word) in (group * GROUP..).zip(words) {
                let (y, x) = (pixel / width, pixel % width);
                let patch = y / side * (width / side) + x / side;
                let start = patch * self.channels * side * side + y % side * side + x % side;
                let mut units = [1.0_f32; 4];
                for (channel, unit) in units[..self.channels].iter_mut().enumerate() {
                    let v = values[start + channel * side * side];
                    *unit = 0.5 * (v + 1.0);
                    if v.to_bits() & 0x7f80_0000 == 0x7f80_0000 {
                        let index = channel * pixels + pixel;
                        first = Some(first.map_or(index, |first| first.min(index)));
                    } else {
                        (low, high) = (low.min(v), high.max(v));
                    }
                }
                let [.., alpha] = units;
                let clamped = alpha.clamp(0.0, 1.0);
                let alpha = match self.channels {
                    4 => byte((clamped - self.haze) / (1.0 - 2.0 * self.haze)),
                    _ => 255,
                };
                let colour = |channel: usize| match alpha {
                    0 => 0,
                    _ => byte(units[channel].max(0.0).min(clamped) / clamped),
                };
                let rgba = [colour(0), colour(1), colour(2), alpha];
                *word = f32::from_bits(u32::from_le_bytes(rgba));
            }
            let first = first.map_or(0, |first| first as u32 + 1);
            statistics.copy_from_slice(&[f32::from_bits(first), low, high]);
        }
    }
}

fn byte(unit: f32) -> u8 {
    // `as` saturates, and maps NaN to 0.
    (255.0 * unit).round() as u8
}
