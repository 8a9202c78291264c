//! Launches `advance.wgsl`.

use super::{Advance, WORKGROUP};
use crate::gpu::{Binding, Dispatch, Launch, Recorder, Source};
use crate::ir::Operation;
use crate::tuning::SubgroupMatrix;

impl Launch for Advance {
    fn launch(&self, _: Option<&Self>, recorder: &mut Recorder<'_>) -> Dispatch {
        let tensors = recorder.tensors();
        let [patches, stride] = tensors.matrix(self.x);
        let parameters = [
            patches,
            self.clean.columns,
            stride,
            self.clean.first,
            self.channels,
            0,
            0,
            0,
        ];
        Dispatch {
            kernel: kernel(self.clean.count > patches),
            parameters: parameters.map(|number| number as u32).to_vec(),
            bindings: [self.x, self.clean.of, self.guided, self.saved, self.weights]
                .map(Binding::Tensor)
                .to_vec(),
            workgroups: Operation::workgroups(self, tensors),
            flops: 0,
        }
    }

    fn kernels(_: &[SubgroupMatrix]) -> Vec<Source> {
        [false, true].map(kernel).into()
    }
}

fn kernel(guided_by_two: bool) -> Source {
    Source::new("advance", include_str!("advance.wgsl"))
        .fill("guided_by_two", guided_by_two)
        .fill("workgroup", WORKGROUP)
}
