"""The text encoder: the text side of the network before the joint blocks, with the network's names. Its weights therefore
load into the network, and the engine needs no additional code."""
import functools

import torch
from torch import nn

from network.blocks import TextBlock, text_angles, turned


class TextEncoder(nn.Module):
    """forward(tokens [B, L], 0 = padding) -> the residual stream [B, L, width] that the joint blocks read."""

    def __init__(self, vocab, width, heads, mlp_hidden, depth, length):
        super().__init__()
        self.head_dim, self.length = width // heads, length
        self.txt_embedder, self.mask_token = nn.Embedding(vocab, width), nn.Parameter(torch.randn(width))
        nn.init.normal_(self.txt_embedder.weight)
        self.txt_preamble_blocks = nn.ModuleList(TextBlock(width, heads, mlp_hidden) for _ in range(depth))
        for block in self.txt_preamble_blocks:  # residual branches start at zero, so the stream starts as the table's rows
            nn.init.zeros_(block.attn_proj.weight)
            nn.init.zeros_(block.attn_proj.bias)
            nn.init.zeros_(block.mlp.w2.weight)

    @functools.lru_cache(maxsize=64)
    def angles(self, length, device):
        return tuple(table.to(device) for table in turned(text_angles(length, self.head_dim)))

    def forward(self, tokens):
        angles = self.angles(tokens.shape[1], tokens.device)
        txt = torch.where((tokens > 0)[..., None], self.txt_embedder(tokens), self.mask_token)
        for block in self.txt_preamble_blocks:
            txt = block(txt, angles)
        return txt
