//! The two kinds of block: text alone, and text and picture joined by one attention.

use burn::tensor::{Tensor, activation::softmax};

use super::config::MmJitConfig;
use super::layers::{Linear, SwiGlu, rms_norm};
use super::rotary::Rotary;
use crate::error::ModelError;
use crate::loader::Loader;

/// Text block: `t += proj(attention(norm t))`, `t += mlp(norm t)`.
#[derive(Debug)]
pub(super) struct TextBlock {
    heads: usize,
    qkv: Linear,
    attn_proj: Linear,
    mlp: SwiGlu,
}

impl TextBlock {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        let width = config.width;
        Ok(Self {
            heads: config.heads,
            qkv: Linear::load(loader, "qkv", [3 * width, width])?,
            attn_proj: Linear::load(loader, "attn_proj", [width, width])?,
            mlp: SwiGlu::load(&loader.at("mlp"), config)?,
        })
    }

    /// # Shapes
    /// - txt and output: `[batch, text_length, width]`
    pub(super) fn forward(&self, txt: Tensor<3>, rotary: &Rotary) -> Tensor<3> {
        let qkv = self.qkv.forward(rms_norm(txt.clone()));
        let txt = txt + self.attn_proj.forward(attention(qkv, self.heads, rotary));
        txt.clone() + self.mlp.forward(rms_norm(txt))
    }
}

/// Joint block: each stream has its own weights, the attention sees both, text first.
#[derive(Debug)]
pub(super) struct JointBlock {
    heads: usize,
    img_qkv: Linear,
    txt_qkv: Linear,
    img_attn_proj: Linear,
    txt_attn_proj: Linear,
    img_mlp: SwiGlu,
    txt_mlp: SwiGlu,
}

impl JointBlock {
    pub(super) fn load(loader: &Loader<'_>, config: &MmJitConfig) -> Result<Self, ModelError> {
        let width = config.width;
        Ok(Self {
            heads: config.heads,
            img_qkv: Linear::load(loader, "img_qkv", [3 * width, width])?,
            txt_qkv: Linear::load(loader, "txt_qkv", [3 * width, width])?,
            img_attn_proj: Linear::load(loader, "img_attn_proj", [width, width])?,
            txt_attn_proj: Linear::load(loader, "txt_attn_proj", [width, width])?,
            img_mlp: SwiGlu::load(&loader.at("img_mlp"), config)?,
            txt_mlp: SwiGlu::load(&loader.at("txt_mlp"), config)?,
        })
    }

    /// # Shapes
    /// - img: `[batch, patches, width]`, txt: `[batch, text_length, width]`; so the outputs
    pub(super) fn forward(
        &self,
        img: Tensor<3>,
        txt: Tensor<3>,
        rotary: &Rotary,
    ) -> (Tensor<3>, Tensor<3>) {
        let (patches, text_length) = (img.dims()[1], txt.dims()[1]);
        let txt_qkv = self.txt_qkv.forward(rms_norm(txt.clone()));
        let img_qkv = self.img_qkv.forward(rms_norm(img.clone()));
        let mixed = attention(Tensor::cat(vec![txt_qkv, img_qkv], 1), self.heads, rotary); // [B, L, width]

        let img = img
            + self
                .img_attn_proj
                .forward(mixed.clone().narrow(1, text_length, patches));
        let txt = txt + self.txt_attn_proj.forward(mixed.narrow(1, 0, text_length));
        (
            img.clone() + self.img_mlp.forward(rms_norm(img)),
            txt.clone() + self.txt_mlp.forward(rms_norm(txt)),
        )
    }
}

/// `softmax(rot(norm q) rot(norm k)ᵀ / √d) v`, all heads.
///
/// # Shapes
/// - qkv: `[batch, length, 3 × width]`, output: `[batch, length, width]`
fn attention(qkv: Tensor<3>, heads: usize, rotary: &Rotary) -> Tensor<3> {
    let [batch, length, triple] = qkv.dims();
    let (width, head_dim) = (triple / 3, triple / 3 / heads);
    let part = |i: usize| {
        qkv.clone()
            .narrow(2, i * width, width)
            .reshape([batch, length, heads, head_dim])
            .swap_dims(1, 2)
    }; // [B, H, L, D]
    let q = rotary.forward(rms_norm(part(0)));
    let k = rotary.forward(rms_norm(part(1)));
    let scores = q.matmul(k.transpose()) * (head_dim as f32).powf(-0.5); // [B, H, L, L]
    softmax(scores, 3)
        .matmul(part(2))
        .swap_dims(1, 2)
        .reshape([batch, length, width])
}
