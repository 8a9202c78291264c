//! Twin of `preview.wgsl`.

use super::Interpreter;
use crate::graph::Preview;

pub(super) fn run(op: &Preview, on: &Interpreter) {
    let [values, mut out] = [op.values, op.out].map(|id| on.values(id));
    let ([height, width], side) = (op.size, op.patch);
    let pixels = height * width;
    let (words, seen) = out.split_at_mut(pixels);
    let groups = words.chunks_mut(Preview::GROUP);
    for (group, (words, seen)) in groups.zip(seen.chunks_mut(Preview::SEEN)).enumerate() {
        let (mut first, mut low, mut high) = (None::<usize>, f32::MAX, f32::MIN);
        for (pixel, word) in (group * Preview::GROUP..).zip(words) {
            let (y, x) = (pixel / width, pixel % width);
            let patch = y / side * (width / side) + x / side;
            let start = patch * op.channels * side * side + y % side * side + x % side;
            let mut units = [1.0_f32; 4];
            for (channel, unit) in units[..op.channels].iter_mut().enumerate() {
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
            let alpha = match op.channels {
                4 => byte((clamped - op.haze) / (1.0 - 2.0 * op.haze)),
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
        seen.copy_from_slice(&[f32::from_bits(first), low, high]);
    }
}

fn byte(unit: f32) -> u8 {
    // `as` saturates, and takes NaN to 0.
    (255.0 * unit).round() as u8
}
