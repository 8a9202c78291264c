//! Launches `pixel_shuffle.wgsl`.

use super::{PixelShuffle, WORKGROUP};
use crate::gpu::{Binding, Dispatch, Launch, Recorder, Source};
use crate::ir::Operation;
use crate::tuning::SubgroupMatrix;

impl Launch for PixelShuffle {
    fn launch(&self, _: Option<&Self>, recorder: &mut Recorder<'_>) -> Dispatch {
        let tensors = recorder.tensors();
        // Without a nearest image its places are unused.
        let nearest = self.nearest.unwrap_or(self.x);
        let [x, near, y] =
            [self.x, nearest, self.y].map(|image| (image.first, tensors.matrix(image.of)[1]));
        let parameters = [
            self.y.size[1],
            self.y.pixels(),
            self.y.channels,
            self.factor,
            x.0,
            x.1,
            near.0,
            near.1,
            y.0,
            y.1,
            0,
            0,
        ];
        let images = [Some(self.x), Some(self.y), self.nearest];
        let images = images.into_iter().flatten();
        Dispatch {
            kernel: kernel(self.nearest.is_some()),
            parameters: parameters.map(|number| number as u32).to_vec(),
            bindings: images.map(|image| Binding::Tensor(image.of)).collect(),
            workgroups: Operation::workgroups(self, tensors),
            flops: 0,
        }
    }

    fn kernels(_: &[SubgroupMatrix]) -> Vec<Source> {
        [false, true].map(kernel).into()
    }
}

fn kernel(nearest: bool) -> Source {
    Source::new("pixel_shuffle", include_str!("pixel_shuffle.wgsl"))
        .fill("workgroup", WORKGROUP)
        .flag("nearest", nearest)
}
