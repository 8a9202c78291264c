//! The two kinds of block: text alone, and text and picture joined by one attention.

use image2_shaders::{Graph, Rows};

use super::activations::Activations;
use super::config::MmJitConfig;
use super::stream::Stream;
use crate::error::ModelError;
use crate::weights::Loader;

/// Text block: `t += proj(attention(norm t))`, `t += mlp(norm t)`.
#[derive(Debug)]
pub(super) struct TextBlock(Stream);

impl TextBlock {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        Stream::load(loader, "", config).map(Self)
    }

    /// # Shapes
    /// - x: `[batch × text_length, width]`; the result goes to the stream
    pub(super) fn record(&self, graph: &mut Graph, activations: &Activations, x: Rows) {
        let ids = [
            activations.stream,
            activations.qkv,
            activations.attended,
            activations.hidden,
        ];
        let [stream, qkv, attended, hidden] = ids.map(|id| activations.txt(graph, id));
        self.0.qkv(graph, x, qkv);
        activations.attend(graph, false);
        self.0.out_proj(graph, attended, x, stream);
        self.0.mlp_up(graph, stream, hidden);
        self.0.mlp_down(graph, hidden, stream);
    }
}

/// Joint block: each stream has its own weights; the attention reads both, text first.
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

    /// Text and picture go to the stream, which already holds the picture. In the last block the
    /// text is not needed any more.
    ///
    /// # Shapes
    /// - txt: `[batch × text_length, width]`
    pub(super) fn record(
        &self,
        graph: &mut Graph,
        activations: &Activations,
        txt: Rows,
        last: bool,
    ) {
        let ids = [
            activations.stream,
            activations.qkv,
            activations.attended,
            activations.hidden,
        ];
        let [stream, qkv, attended, hidden] =
            ids.map(|id| [activations.txt(graph, id), activations.img(graph, id)]);
        self.txt.qkv(graph, txt, qkv[0]);
        self.img.qkv(graph, stream[1], qkv[1]);
        activations.attend(graph, last);
        if !last {
            self.txt.out_proj(graph, attended[0], txt, stream[0]);
        }
        self.img.out_proj(graph, attended[1], stream[1], stream[1]);
        if !last {
            self.txt.mlp_up(graph, stream[0], hidden[0]);
        }
        self.img.mlp_up(graph, stream[1], hidden[1]);
        if !last {
            self.txt.mlp_down(graph, hidden[0], stream[0]);
        }
        self.img.mlp_down(graph, hidden[1], stream[1]);
    }
}
