//! Launches `attention.wgsl`.

mod matrix;
mod wide;

use super::kernel::{Source, narrowed, workgroups};
use super::recording::{Dispatch, Memory};
use crate::graph::Attention;
use crate::tuning::{Arithmetic, Tuning, Unit};

/// Features of a chunk.
const CHUNK: usize = 32;

pub(super) fn dispatch(op: &Attention, memory: &Memory<'_>, tuning: Tuning) -> Dispatch {
    let sequence = op.sequence;
    let first = op.first();
    let asked = sequence.length() - first;
    let [text, picture] = [sequence.text, sequence.picture];
    let length = sequence.length();
    let parameters = [text[0], text[1], picture[0], length, first, 0, 0, 0];
    let traits = memory.traits();
    let variant = Variant {
        heads: op.heads,
        head_dim: op.head_dim,
        arithmetic: tuning.arithmetic(traits, false),
        subgroups: tuning.subgroups(traits),
    };
    Dispatch {
        source: variant.source(),
        parameters: parameters.map(|number| number as u32).to_vec(),
        buffers: vec![memory.buffer(op.qkv), memory.buffer(op.out)],
        workgroups: workgroups([asked.div_ceil(variant.queries()), op.heads, sequence.batch]),
        flops: op.flops(),
    }
}

/// One permutation of the kernel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variant {
    pub heads: usize,
    pub head_dim: usize,
    pub arithmetic: Arithmetic,
    /// Whether lanes exchange values; by subgroup matrices they do in any case.
    pub subgroups: bool,
}

impl Variant {
    /// # Panics
    /// If heads have more features than the kernel's registers hold, or no whole vectors of them.
    pub(super) fn source(self) -> Source {
        let Self {
            heads, head_dim, ..
        } = self;
        assert!(
            head_dim.is_multiple_of(4) && self.chunks() <= 2,
            "heads of {head_dim} features"
        );
        let half = match self.arithmetic {
            Arithmetic::Half | Arithmetic::Matrix(Unit { half: true, .. }) => true,
            Arithmetic::Single | Arithmetic::Packed | Arithmetic::Matrix(_) => false,
        };
        let source = match self.arithmetic {
            Arithmetic::Matrix(unit) => matrix::source(self, unit),
            _ => wide::source(self, half),
        };
        source
            .fill("scalar", if half { "f16" } else { "f32" })
            .fill("narrowed", narrowed(half))
            .fill("heads", heads)
            .fill("head_dim", head_dim)
            .fill("chunks", self.chunks())
            .fill(
                "beyond",
                match head_dim.is_multiple_of(CHUNK) {
                    true => "",
                    false => "if (quad >= HEAD_QUADS) { return vec4<f32>(); }",
                },
            )
    }

    /// Needs all that other kernels by subgroup matrices do: a browser that compiles it compiles them.
    #[cfg(target_arch = "wasm32")]
    pub(super) fn trial(unit: Unit) -> Self {
        Self {
            heads: 1,
            head_dim: 2 * CHUNK,
            arithmetic: Arithmetic::Matrix(unit),
            subgroups: true,
        }
    }

    fn chunks(self) -> usize {
        self.head_dim.div_ceil(CHUNK)
    }

    /// Of a workgroup.
    fn queries(self) -> usize {
        match self.arithmetic {
            Arithmetic::Matrix(_) => matrix::QUERIES,
            _ => wide::TILE,
        }
    }
}
