//! Launches the kernel.

use super::Attention;
use super::kernel::{self, Variant};
use crate::gpu::{Binding, Dispatch, Launch, Recorder, Source};
use crate::ir::Operation;
use crate::tuning::{Arithmetic, SubgroupMatrix};

impl Launch for Attention {
    fn launch(&self, _: Option<&Self>, recorder: &mut Recorder<'_>) -> Dispatch {
        let sequence = self.sequence;
        let [text, picture] = [sequence.text, sequence.picture];
        let (length, first) = (sequence.length(), self.first());
        let parameters = [text[0], text[1], picture[0], length, first, 0, 0, 0];
        let (tuning, traits) = (recorder.tuning(), recorder.traits());
        let variant = Variant {
            heads: self.heads,
            head_dim: self.head_dim,
            arithmetic: tuning.arithmetic(traits, false),
            subgroups: tuning.subgroups(traits),
        };
        let tiles = self.queries().div_ceil(kernel::queries(variant));
        Dispatch {
            kernel: kernel::source(variant),
            parameters: parameters.map(|number| number as u32).to_vec(),
            bindings: [self.qkv, self.out].map(Binding::Tensor).to_vec(),
            workgroups: [tiles, self.heads, sequence.batch],
            flops: self.flops(),
        }
    }

    fn kernels(matrices: &[SubgroupMatrix]) -> Vec<Source> {
        /// Heads, and features of a head: two whole chunks, two of which one is cut short, and one
        /// chunk.
        const HEADS: [[usize; 2]; 3] = [[4, 64], [2, 52], [1, 32]];
        let mut ways = Vec::new();
        for arithmetic in [Arithmetic::Single, Arithmetic::Half] {
            ways.extend([false, true].map(|subgroups| (arithmetic, subgroups)));
        }
        ways.extend(
            matrices
                .iter()
                .map(|&it| (Arithmetic::SubgroupMatrix(it), true)),
        );
        let of_heads = |[heads, head_dim]: [usize; 2]| {
            let variant = move |&(arithmetic, subgroups): &(Arithmetic, bool)| Variant {
                heads,
                head_dim,
                arithmetic,
                subgroups,
            };
            ways.iter().map(variant)
        };
        let variants = HEADS.into_iter().flat_map(of_heads);
        variants.map(kernel::source).collect()
    }

    fn trials(matrix: SubgroupMatrix) -> Vec<Source> {
        vec![kernel::source(Variant::trial(matrix))]
    }
}
