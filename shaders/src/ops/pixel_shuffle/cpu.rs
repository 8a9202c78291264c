//! Twin of `pixel_shuffle.wgsl`.

use super::PixelShuffle;
use crate::cpu::{Twin, Values, threads};

impl Twin for PixelShuffle {
    fn run(&self, on: &Values) {
        let Self { x, y, factor, .. } = *self;
        let [x_stride, y_stride] = [x, y].map(|image| on.stride(image.of));
        let (mut values, from) = (on.lock(y.of), on.lock(x.of));
        let nearest = self
            .nearest
            .map(|image| (image.first, on.lock(image.of), on.stride(image.of)));
        let [_, width] = x.size;
        let line = y.size[1] * y_stride;
        let values = &mut values[y.first * y_stride..][..y.size[0] * line];
        let from = &from[x.first * x_stride..];
        let nearest = nearest
            .as_ref()
            .map(|(first, values, stride)| (&values[first * stride..], *stride));
        threads::each_chunk(values, line, |i, values| {
            for (j, values) in values.chunks_exact_mut(y_stride).enumerate() {
                let pixel = i / factor * width + j / factor;
                let place = i % factor * factor + j % factor;
                for (channel, value) in values[..y.channels].iter_mut().enumerate() {
                    let before =
                        nearest.map_or(0.0, |(from, stride)| from[pixel * stride + channel]);
                    *value = from[pixel * x_stride + channel * factor * factor + place] + before;
                }
            }
        });
    }
}
