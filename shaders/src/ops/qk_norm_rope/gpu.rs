//! Launches `qk_norm_rope.wgsl`.

use super::{GROUP, QkNormRope, vectors};
use crate::gpu::{Binding, Dispatch, Launch, Recorder, Source, lines};
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
    let pairs = 0..(head_dim / 2).div_ceil(LANES);
    // The last pair of some lanes may lie beyond.
    let whole = (head_dim / 2).is_multiple_of(LANES);
    let within = |pair: usize| match whole {
        true => "true".to_owned(),
        false => format!("i_{pair} < HALF"),
    };
    let read = pairs.clone().map(|pair| {
        format!(
            "let i_{pair} = {pair}u * LANES + lane;
             var a_{pair} = 0.0;
             var b_{pair} = 0.0;
             if ({}) {{
                 a_{pair} = qkv[first + i_{pair}];
                 b_{pair} = qkv[first + HALF + i_{pair}];
             }}
             square += a_{pair} * a_{pair} + b_{pair} * b_{pair};",
            within(pair)
        )
    });
    let turn = pairs.map(|pair| {
        format!(
            "if (there && {}) {{
                 let cos = scale * angles[first_angle + i_{pair}];
                 let sin = scale * angles[first_angle + HALF + i_{pair}];
                 qkv[first + i_{pair}] = a_{pair} * cos - b_{pair} * sin;
                 qkv[first + HALF + i_{pair}] = b_{pair} * cos + a_{pair} * sin;
             }}",
            within(pair)
        )
    });
    Source::new("qk_norm_rope", include_str!("qk_norm_rope.wgsl"))
        .fill("head_dim", head_dim)
        .fill("heads", heads)
        .fill("epsilon", format!("{epsilon:e}"))
        .fill("workgroup", WORKGROUP)
        .fill("lanes", LANES)
        .fill("read", lines(read))
        .fill("turn", lines(turn))
}
