"""Single operations in the networks' shapes, as ONNX and as the engine's weights: the same numbers for both.

A product of packed weights is a MatMulNBits there; the dense forms are made from the same blocks. Attention is one joint
MultiHeadAttention. The engine's expects queries that were scaled for powers of two, so its softmax is to the base 2; a
scale of ln 2 makes the operator's the same function of the same inputs.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import export
import package as packages
from networks import ATTENTIONS, PRODUCTS

# Scores are as large as those of normalized and scaled queries and keys. Smaller ones would average values that cancel each
# other, and a comparison would measure rounding alone.
AMPLITUDE = 2.0
ROWS_DRAWN = 96


def blocks(inputs, outputs, form, seed=1):
    """Packed weights that keep the size of features; their rows repeat as those of `networks.py` do."""
    draw = np.random.default_rng(seed)
    bits = export.BITS[form]
    count = -(-inputs // packages.BLOCK)
    values = draw.integers(0, 256, (ROWS_DRAWN, count, packages.BYTES[form]), dtype=np.uint8)
    if form == "q8":  # the format has no -128
        values[values == 128] = 127
    # The last block is filled with zeros.
    values[:, -1, (inputs - 1) % packages.BLOCK * packages.BYTES[form] // packages.BLOCK + 1 :] = {"q4": 0x88, "q8": 0}[form]
    scales = draw.uniform(0.5, 1.5, (ROWS_DRAWN, count)) * 4 / 2**bits / inputs**0.5
    rows = np.arange(outputs) % ROWS_DRAWN
    return packages.Blocks(form, (outputs, inputs), values[rows], scales.astype(np.float16)[rows])


class Attention(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.heads = heads

    def forward(self, q, k, v):
        return export.operator("MultiHeadAttention", (q, k, v), v, num_heads=self.heads, scale=math.log(2))


def product(name, form, folder):
    """Writes the weights of a product's case; returns the case without its ONNX files, and how to make each of them."""
    rows, inputs, outputs = PRODUCTS[name]
    weights = blocks(inputs, outputs, form)
    stem = f"product-{inputs}x{outputs}-{form}"
    folder.mkdir(parents=True, exist_ok=True)
    # Block-major, as in FORMAT.md.
    (folder / f"{stem}.values").write_bytes(np.ascontiguousarray(weights.values.transpose(1, 0, 2)).tobytes())
    (folder / f"{stem}.scales").write_bytes(np.ascontiguousarray(weights.scales.T).tobytes())
    x = export.wave((rows, inputs), 0.37, 1.4)
    expected = x @ torch.from_numpy(weights.dense()).T

    def write(weights_form, out):
        dtype = torch.float16 if weights_form == "f16" else torch.float32
        export.keep(export.Linear(weights, None, weights_form, dtype), (x,), ["x"], "y", expected, weights_form, out)

    return dict(rows=rows, inputs=inputs, outputs=outputs, format=form, weights=stem), write


def attention(name):
    heads, tokens = ATTENTIONS[name]
    q, k, v = (export.wave((1, tokens, 64 * heads), pace, AMPLITUDE) for pace in (0.37, 0.61, 0.83))
    split = lambda x: x.view(1, tokens, heads, 64).transpose(1, 2)
    expected = F.scaled_dot_product_attention(split(q), split(k), split(v), scale=math.log(2)).transpose(1, 2).flatten(2)

    def write(form, out):
        export.keep(Attention(heads), (q, k, v), ["q", "k", "v"], "mixed", expected, form, out)

    return dict(heads=heads, tokens=tokens, amplitude=AMPLITUDE), write
