//! Launches `prelu.wgsl`.

use super::{Prelu, WORKGROUP};
use crate::gpu::{Binding, Dispatch, Launch, Recorder, Source};
use crate::ir::Operation;
use crate::tuning::SubgroupMatrix;

impl Launch for Prelu {
    fn launch(&self, _: Option<&Self>, recorder: &mut Recorder<'_>) -> Dispatch {
        let tensors = recorder.tensors();
        let stride = tensors.matrix(self.x.of)[1];
        let parameters = [
            self.x.count * self.x.columns,
            self.x.columns,
            stride,
            self.x.first * stride,
        ];
        Dispatch {
            kernel: kernel(),
            parameters: parameters.map(|number| number as u32).to_vec(),
            bindings: [self.x.of, self.slopes].map(Binding::Tensor).to_vec(),
            workgroups: Operation::workgroups(self, tensors),
            flops: 0,
        }
    }

    fn kernels(_: &[SubgroupMatrix]) -> Vec<Source> {
        vec![kernel()]
    }
}

fn kernel() -> Source {
    Source::new("prelu", include_str!("prelu.wgsl")).fill("workgroup", WORKGROUP)
}
