//! The two kinds of block: text alone, and text and picture joined by one attention.
//!
//! Both write themselves down as operations of a graph. Text and picture share every matrix, text
//! first, so that the same layer of both streams can be one dispatch.

use std::sync::Arc;

use image2_shaders::ops::{Attention, Linear, QkNormRope, Sequence};
use image2_shaders::{Graph, LinearWeights, Rows, TensorId};

use super::config::MmJitConfig;
use super::layers::{EPSILON, SwiGlu, linear};
use crate::error::ModelError;
use crate::loader::Loader;

/// A pass's tokens: where they stand, and the matrices that its blocks work on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens {
    pub sequence: Sequence,
    pub heads: usize,
    pub head_dim: usize,
    /// `[rows, head_dim]`
    pub angles: TensorId,
    /// `[rows, width]`: what the blocks add to.
    pub stream: TensorId,
    /// `[rows, 3 × width]`
    pub qkv: TensorId,
    /// `[rows, width]`
    pub mixed: TensorId,
    /// `[rows, mlp_hidden]`
    pub hidden: TensorId,
}

impl Tokens {
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
            mixed: graph.planned(rows, config.width),
            hidden: graph.planned(rows, config.mlp_hidden),
        }
    }

    /// The texts' rows of a matrix.
    pub(super) fn txt(&self, graph: &Graph, of: TensorId) -> Rows {
        self.part(graph, of, self.sequence.text)
    }

    /// The pictures' rows of a matrix.
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

    fn attend(&self, graph: &mut Graph, pictures_only: bool) {
        graph.push(QkNormRope {
            qkv: self.qkv,
            heads: self.heads,
            head_dim: self.head_dim,
            angles: self.angles,
            epsilon: EPSILON,
        });
        graph.push(Attention {
            qkv: self.qkv,
            out: self.mixed,
            heads: self.heads,
            head_dim: self.head_dim,
            sequence: self.sequence,
            pictures_only,
        });
    }
}

/// The layers of one stream of a block.
#[derive(Debug)]
struct Stream {
    qkv: Arc<LinearWeights>,
    attn_proj: Arc<LinearWeights>,
    mlp: SwiGlu,
}

impl Stream {
    fn load(loader: &Loader<'_>, prefix: &str, config: &MmJitConfig) -> Result<Self, ModelError> {
        let width = config.width;
        let name = |part: &str| format!("{prefix}{part}");
        Ok(Self {
            qkv: linear(loader, &name("qkv"), [3 * width, width])?,
            attn_proj: linear(loader, &name("attn_proj"), [width, width])?,
            mlp: SwiGlu::load(&loader.at(&name("mlp")), config)?,
        })
    }

    /// `qkv = W (norm x) + b`
    fn ask(&self, graph: &mut Graph, x: Rows, qkv: Rows) {
        graph.push(Linear {
            weights: self.qkv.clone(),
            x,
            rms_norm: Some(EPSILON),
            residual: None,
            y: qkv,
        });
    }

    /// `stream = x + proj(mixed)`
    fn take(&self, graph: &mut Graph, mixed: Rows, x: Rows, stream: Rows) {
        graph.push(Linear {
            weights: self.attn_proj.clone(),
            x: mixed,
            rms_norm: None,
            residual: Some(x),
            y: stream,
        });
    }

    /// `hidden = silu(w1 (norm x)) · w3 (norm x)`
    fn open(&self, graph: &mut Graph, stream: Rows, hidden: Rows) {
        graph.push(Linear {
            weights: self.mlp.gate.clone(),
            x: stream,
            rms_norm: Some(EPSILON),
            residual: None,
            y: hidden,
        });
    }

    /// `stream += w2 hidden`
    fn close(&self, graph: &mut Graph, hidden: Rows, stream: Rows) {
        graph.push(Linear {
            weights: self.mlp.w2.clone(),
            x: hidden,
            rms_norm: None,
            residual: Some(stream),
            y: stream,
        });
    }
}

/// Text block: `t += proj(attention(norm t))`, `t += mlp(norm t)`.
#[derive(Debug)]
pub(super) struct TextBlock(Stream);

impl TextBlock {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        Stream::load(loader, "", config).map(Self)
    }

    /// From `x` `[batch × text_length, width]` into the stream.
    pub(super) fn record(&self, graph: &mut Graph, tokens: &Tokens, x: Rows) {
        let [stream, qkv, mixed, hidden] = [tokens.stream, tokens.qkv, tokens.mixed, tokens.hidden]
            .map(|id| tokens.txt(graph, id));
        self.0.ask(graph, x, qkv);
        tokens.attend(graph, false);
        self.0.take(graph, mixed, x, stream);
        self.0.open(graph, stream, hidden);
        self.0.close(graph, hidden, stream);
    }
}

/// Joint block: each stream has its own weights, the attention sees both, text first.
#[derive(Debug)]
pub(super) struct JointBlock {
    img: Stream,
    txt: Stream,
}

impl JointBlock {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        Ok(Self {
            img: Stream::load(loader, "img_", config)?,
            txt: Stream::load(loader, "txt_", config)?,
        })
    }

    /// From `txt` `[batch × text_length, width]` and the stream's pictures into the stream. Of
    /// the last block nobody reads the text.
    pub(super) fn record(&self, graph: &mut Graph, tokens: &Tokens, txt: Rows, last: bool) {
        let ids = [tokens.stream, tokens.qkv, tokens.mixed, tokens.hidden];
        let [stream, qkv, mixed, hidden] =
            ids.map(|id| [tokens.txt(graph, id), tokens.img(graph, id)]);
        self.txt.ask(graph, txt, qkv[0]);
        self.img.ask(graph, stream[1], qkv[1]);
        tokens.attend(graph, last);
        if !last {
            self.txt.take(graph, mixed[0], txt, stream[0]);
        }
        self.img.take(graph, mixed[1], stream[1], stream[1]);
        if !last {
            self.txt.open(graph, stream[0], hidden[0]);
        }
        self.img.open(graph, stream[1], hidden[1]);
        if !last {
            self.txt.close(graph, hidden[0], stream[0]);
        }
        self.img.close(graph, hidden[1], stream[1]);
    }
}
