"""MM-JiT (after JiT, arXiv 2511.13720, and MiniT2I): a double-stream transformer on pixels.

There is no time input: the noise level is visible in the picture itself. The text side before the joint blocks
(`txt_embedder`, `mask_token`, `txt_preamble_blocks`) is the text encoder of `text/`, which is trained beforehand.
"""
import functools

import torch
from torch import nn

from network.blocks import (FinalLayer, JointBlock, PatchEmbed, TextBlock, from_patches, picture_angles, places,
                            text_angles, to_patches, turned)


TEXT_ENCODER = ("txt_embedder", "mask_token", "txt_preamble_blocks")  # prefixes of its tensors' names


class MmJit(nn.Module):
    """forward(image, condition, tokens) -> the predicted clean picture.

    image [B, C, H, W], a mix of noise and data; condition [B, K, H, W] (see `editing`), or None for no condition;
    tokens [B, L], 0 = padding. Height and width are multiples of the patch size.
    """

    def __init__(self, config):
        """`config`: a preset's "network" and "text"."""
        super().__init__()
        net, text = config["network"], config["text"]
        assert net["width"] == text["width"], "the text encoder is the network's text side: widths must be equal"
        width, self.head_dim = net["width"], net["width"] // net["heads"]
        self.patch, self.channels, self.condition = net["patch"], net["channels"], net.get("condition", 0)
        self.txt_embedder, self.mask_token = nn.Embedding(text["vocab"], width), nn.Parameter(torch.zeros(width))
        nn.init.normal_(self.txt_embedder.weight, std=0.5)
        self.txt_preamble_blocks = nn.ModuleList(
            TextBlock(width, text["heads"], text["mlp_hidden"]) for _ in range(text["depth"]))
        self.img_embedder = PatchEmbed(self.channels + self.condition, self.patch, net["bottleneck"], width)
        self.double_blocks = nn.ModuleList(
            JointBlock(width, net["heads"], net["mlp_hidden"]) for _ in range(net["depth"]))
        self.final_layer = FinalLayer(width, self.patch**2 * self.channels)

    @functools.lru_cache(maxsize=32)
    def tables(self, rows, columns, length, device):
        """The constants of a grid: position embedding [T, width], angles of text and picture together, angles of text alone."""
        text = text_angles(length, self.head_dim)
        joint = torch.cat([text, picture_angles(rows, columns, self.head_dim)])
        place = places(rows, columns, self.mask_token.shape[0]).to(device)
        return place, tuple(t.to(device) for t in turned(joint)), tuple(t.to(device) for t in turned(text))

    def encode_text(self, tokens, embedded=None):
        """tokens [B, L] -> features [B, L, width]; `embedded`: replaces the table's rows."""
        angles = self.tables(1, 1, tokens.shape[1], tokens.device)[2]
        embedded = self.txt_embedder(tokens) if embedded is None else embedded
        txt = torch.where((tokens > 0)[..., None], embedded, self.mask_token)
        for block in self.txt_preamble_blocks:
            txt = block(txt, angles)
        return txt

    def core(self, patches, txt, place, angles):
        """patches [B, T, values] -> clean patches [B, T, output values]: the trained part, compiled once per T."""
        img = self.img_embedder(patches) + place
        for block in self.double_blocks:
            img, txt = block(img, txt, angles)
        return self.final_layer(img)

    def picture(self, image, condition, txt, core=None):
        """The clean picture from a noisy one and text features [B, L, width]; `core` may be a compiled one."""
        batch, channels, height, width = image.shape
        place, angles, _ = self.tables(height // self.patch, width // self.patch, txt.shape[1], image.device)
        if self.condition:
            if condition is None:
                condition = image.new_zeros(batch, self.condition, height, width)
            image = torch.cat([image, condition.type_as(image)], 1)
        clean = (core or self.core)(to_patches(image, self.patch), txt, place, angles)
        return from_patches(clean, self.patch, channels, height, width)

    def forward(self, image, condition, tokens):
        return self.picture(image, condition, self.encode_text(tokens))


def flops(config, patches):
    """Floating-point operations (multiply-adds × 2) of the joint part's forward pass for one picture, with its text tokens."""
    net, length = config["network"], config["text"]["length"]
    width, hidden, tokens = net["width"], net["mlp_hidden"], patches + length
    values = net["patch"]**2
    block = tokens * (4 * width**2 + 3 * width * hidden) + 2 * tokens**2 * width
    ends = patches * (values * (net["channels"] + net["condition"]) * net["bottleneck"] + net["bottleneck"] * width
                      + values * net["channels"] * width)
    return 2 * (net["depth"] * block + ends)
