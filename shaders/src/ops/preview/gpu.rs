//! Launches `preview.wgsl`.

use super::{GROUP, Preview};
use crate::gpu::{Binding, Dispatch, Launch, Recorder, Source};
use crate::ir::Operation;
use crate::tuning::SubgroupMatrix;

impl Launch for Preview {
    fn launch(&self, _: Option<&Self>, recorder: &mut Recorder<'_>) -> Dispatch {
        let [height, width] = self.size;
        let [width, pixels, patch, channels] =
            [width, height * width, self.patch, self.channels].map(|number| number as u32);
        Dispatch {
            kernel: kernel(),
            parameters: vec![width, pixels, patch, channels, self.haze.to_bits(), 0, 0, 0],
            bindings: [self.values, self.out].map(Binding::Tensor).to_vec(),
            workgroups: Operation::workgroups(self, recorder.tensors()),
            flops: 0,
        }
    }

    fn kernels(_: &[SubgroupMatrix]) -> Vec<Source> {
        vec![kernel()]
    }
}

fn kernel() -> Source {
    Source::new("preview", include_str!("preview.wgsl")).fill("workgroup", GROUP)
}
