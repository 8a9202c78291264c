//! Launches `qk_norm_rope.wgsl`.

use super::{GROUP, QkNormRope, vectors};
use crate::gpu::{Binding, Dispatch, Launch, Recorder, Source};
use crate::ir::Operation;
use crate::tuning::SubgroupMatrix;

/// Invocations that share a vector.
const LANES: usize = 8;
const WORKGROUP: usize = GROUP * LANES;

impl Launch for QkNormRope {
    fn launch(&self, _: Option<&Self>, recorder: &mut Recorder<'_>) -> Dispatch {
        let tensors = recorder.tensors();
        let [rows, _] = tensors.matrix(self.qkv);
        Dispatch {
            kernel: kernel(self.heads, self.head_dim, self.epsilon),
            parameters: vec![vectors(rows, self.heads) as u32, 0, 0, 0],
            bindings: [self.qkv, self.angles].map(Binding::Tensor).to_vec(),
            workgroups: Operation::workgroups(self, tensors),
            flops: 0,
        }
    }

    fn kernels(_: &[SubgroupMatrix]) -> Vec<Source> {
        let kernel = |[heads, head_dim]: [usize; 2]| kernel(heads, head_dim, 1e-6);
        [[4, 64], [2, 52], [1, 32]].map(kernel).into()
    }
}

fn kernel(heads: usize, head_dim: usize, epsilon: f32) -> Source {
    let pairs = head_dim / 2;
    Source::new("qk_norm_rope", include_str!("qk_norm_rope.wgsl"))
        .fill("head_dim", head_dim)
        .fill("heads", heads)
        .fill("epsilon", format!("{epsilon:e}"))
        .fill("workgroup", WORKGROUP)
        .fill("lanes", LANES)
        .list("pairs", 0..pairs.div_ceil(LANES)) // of a lane
        .flag("whole", pairs.is_multiple_of(LANES))
}
