//! The tensors that the blocks of a pass work on, and the attention over their rows.

use image2_shaders::ops::{Attention, QkNormRope, Sequence};
use image2_shaders::{Graph, Rows, TensorId};

use super::EPSILON;
use super::config::MmJitConfig;

/// The activations of a pass. Texts and pictures share every tensor, texts first, so that the same
/// layer of both streams can be one dispatch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Activations {
    /// The rows of each text and picture.
    pub sequence: Sequence,
    /// Attention heads.
    heads: usize,
    /// Features of a head.
    head_dim: usize,
    /// `[rows, head_dim]`
    angles: TensorId,
    /// `[rows, width]`: the residual stream.
    pub stream: TensorId,
    /// `[rows, 3 × width]`
    pub qkv: TensorId,
    /// `[rows, width]`: the output of the attention.
    pub attended: TensorId,
    /// `[rows, mlp_hidden]`
    pub hidden: TensorId,
}

impl Activations {
    /// Reserves the tensors beside a given stream.
    pub(super) fn new(
        graph: &mut Graph,
        config: &MmJitConfig,
        sequence: Sequence,
        angles: TensorId,
        stream: TensorId,
    ) -> Self {
        let rows = sequence.batch * sequence.length();
        Self {
            sequence,
            heads: config.heads,
            head_dim: config.head_dim,
            angles,
            stream,
            qkv: graph.planned(rows, 3 * config.width),
            attended: graph.planned(rows, config.width),
            hidden: graph.planned(rows, config.mlp_hidden),
        }
    }

    /// The texts' rows of a tensor.
    pub(super) fn txt(&self, graph: &Graph, of: TensorId) -> Rows {
        self.part(graph, of, self.sequence.text)
    }

    /// The pictures' rows of a tensor.
    pub(super) fn img(&self, graph: &Graph, of: TensorId) -> Rows {
        self.part(graph, of, self.sequence.picture)
    }

    fn part(&self, graph: &Graph, of: TensorId, [first, count]: [usize; 2]) -> Rows {
        Rows {
            first,
            count: self.sequence.batch * count,
            ..graph.rows(of)
        }
    }

    /// `attended = attention(rotate(norm q), rotate(norm k), v)`
    pub(super) fn attend(&self, graph: &mut Graph, pictures_only: bool) {
        graph.push(QkNormRope {
            qkv: self.qkv,
            heads: self.heads,
            head_dim: self.head_dim,
            angles: self.angles,
            epsilon: EPSILON,
        });
        graph.push(Attention {
            qkv: self.qkv,
            out: self.attended,
            heads: self.heads,
            head_dim: self.head_dim,
            sequence: self.sequence,
            pictures_only,
        });
    }
}
