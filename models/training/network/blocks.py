"""The layers of MM-JiT, with upstream's parameter names (PeppaKing8/minit2i-jax), so that one rename table serves both.

RMSNorm has no weights; queries and keys are normalized, then rotated; MLPs are gated (SwiGLU); only qkv and output
projections have biases.
"""
import torch
import torch.nn.functional as F
from torch import nn


def rms(x):
    return F.rms_norm(x, (x.shape[-1],), eps=1e-6)


def rotate(x, angles):
    """Rotary embedding of both halves of each head. x [B, H, L, D], angles (cos, sin), each [L, D]."""
    cos, sin = angles
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


def frequencies(dim, theta=10000.0):
    return theta ** (-torch.arange(0, dim, 2) / dim)  # [dim / 2]


def text_angles(length, head_dim):
    """Angles [length, head_dim / 2] by the token's position."""
    return torch.arange(length)[:, None] * frequencies(head_dim)


def picture_angles(rows, columns, head_dim):
    """Angles [rows · columns, head_dim / 2]: the first half by row, the second by column."""
    axis = frequencies(head_dim // 2)
    y = (torch.arange(rows)[:, None] * axis)[:, None].expand(rows, columns, -1)
    x = (torch.arange(columns)[:, None] * axis)[None].expand(rows, columns, -1)
    return torch.cat([y, x], -1).flatten(0, 1)


def turned(angles):
    """Cosines and sines of angles for both halves of a head, each [L, D]."""
    angles = torch.cat([angles, angles], -1)
    return angles.cos(), angles.sin()


def places(rows, columns, width):
    """Position embedding [rows · columns, width], added to the patches: sines and cosines of column and row."""
    omega = 10000.0 ** (-torch.arange(width // 4) / (width / 4))
    y, x = torch.meshgrid(torch.arange(rows).float(), torch.arange(columns).float(), indexing="ij")

    def encode(place):
        return torch.cat([(place.reshape(-1, 1) * omega).sin(), (place.reshape(-1, 1) * omega).cos()], 1)

    return torch.cat([encode(x), encode(y)], 1)


class SwiGlu(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.w1, self.w3 = nn.Linear(width, hidden, bias=False), nn.Linear(width, hidden, bias=False)
        self.w2 = nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


def attend(qkv, heads, angles):
    """Self-attention of [B, L, 3 · width]; output [B, L, width]."""
    batch, length, width = qkv.shape
    q, k, v = qkv.view(batch, length, 3, heads, width // 3 // heads).permute(2, 0, 3, 1, 4)  # [B, H, L, D] each
    q, k = rotate(rms(q), angles).type_as(v), rotate(rms(k), angles).type_as(v)
    if qkv.is_cuda:
        mixed = F.scaled_dot_product_attention(q, k, v)
    else:  # flash attention's backward pass took a quarter of a step on a processor; these sequences are short
        scores = (q * q.shape[-1]**-0.5) @ k.mT
        mixed = scores.float().softmax(-1).type_as(v) @ v
    return mixed.transpose(1, 2).flatten(2)


class TextBlock(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.qkv, self.attn_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = SwiGlu(width, hidden)

    def forward(self, txt, angles):
        txt = txt + self.attn_proj(attend(self.qkv(rms(txt)), self.heads, angles))
        return txt + self.mlp(rms(txt))


class JointBlock(nn.Module):
    """Text and picture have separate weights and a joint attention, text first."""

    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.img_qkv, self.txt_qkv = nn.Linear(width, 3 * width), nn.Linear(width, 3 * width)
        self.img_attn_proj, self.txt_attn_proj = nn.Linear(width, width), nn.Linear(width, width)
        self.img_mlp, self.txt_mlp = SwiGlu(width, hidden), SwiGlu(width, hidden)

    def forward(self, img, txt, angles):
        length = txt.shape[1]
        mixed = attend(torch.cat([self.txt_qkv(rms(txt)), self.img_qkv(rms(img))], 1), self.heads, angles)
        img, txt = img + self.img_attn_proj(mixed[:, length:]), txt + self.txt_attn_proj(mixed[:, :length])
        return img + self.img_mlp(rms(img)), txt + self.txt_mlp(rms(txt))


def to_patches(image, patch):
    """[B, C, H, W] -> [B, patches, C · patch · patch], row by row."""
    batch, channels, height, width = image.shape
    x = image.view(batch, channels, height // patch, patch, width // patch, patch).permute(0, 2, 4, 1, 3, 5)
    return x.flatten(3).flatten(1, 2)


def from_patches(x, patch, channels, height, width):
    """[B, patches, patch · patch · C] -> [B, C, H, W]."""
    x = x.view(len(x), height // patch, width // patch, patch, patch, channels)
    return x.permute(0, 5, 1, 3, 2, 4).reshape(len(x), channels, height, width)


class PatchEmbed(nn.Module):
    """Embeds patches through a bottleneck; the weights have the shapes of upstream's convolutions."""

    def __init__(self, channels, patch, bottleneck, width):
        super().__init__()
        self.proj1, self.proj2 = nn.Conv2d(channels, bottleneck, patch, patch, bias=False), nn.Conv2d(bottleneck, width, 1)

    def forward(self, patches):
        x = F.linear(patches, self.proj1.weight.flatten(1))  # [B, patches, bottleneck]
        return F.linear(x, self.proj2.weight.flatten(1), self.proj2.bias)


class FinalLayer(nn.Module):
    def __init__(self, width, out):
        super().__init__()
        self.linear = nn.Linear(width, out)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x):
        return self.linear(rms(x))
