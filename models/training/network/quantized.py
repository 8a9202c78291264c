"""Weights as the package's q4 blocks hold them (models/package/FORMAT.md), differentiable straight through.

Only the plain rule is used, ggml's Q4_0 (the signed extreme of a block becomes -8): the package's quantizer starts its
search there, so that it finds values written by `settle` again without any error.
"""
import torch
from torch import nn
from torch.nn.utils import parametrize

BLOCK = 32
SCALE_MIN = 2.0**-14  # f16's smallest normal number: a smaller scale counts as zero


def q4(weight):
    """weight [rows, …] -> the same shape, each block of 32 columns in 4 bits and an f16 scale."""
    rows = weight.flatten(1)
    columns = rows.shape[1]
    blocks = nn.functional.pad(rows, (0, -columns % BLOCK)).view(len(rows), -1, BLOCK)
    extreme = blocks.gather(2, blocks.abs().argmax(2, keepdim=True))
    scale = (extreme / -8).to(torch.float16).float()
    scale = torch.where(scale.abs() < SCALE_MIN, 0.0, scale)
    steps = torch.where(scale == 0, 0.0, blocks / torch.where(scale == 0, 1.0, scale)).round().clamp(-8, 7)
    return (steps * scale).flatten(1)[:, :columns].view_as(weight)


class StraightThrough(nn.Module):
    def forward(self, weight):
        return weight + (q4(weight.detach().float()) - weight.detach()).type_as(weight)


def quantizable(net):
    """The modules whose matrices a q4 package holds in q4: all but the first and the last layers and the table of words,
    which it holds in q8."""
    for name, module in net.named_modules():
        if isinstance(module, nn.Linear) and not name.startswith(("img_embedder", "final_layer", "txt_embedder")):
            yield module


def simulate(net):
    """From now on `net` computes with quantized weights and learns through them."""
    for module in quantizable(net):
        parametrize.register_parametrization(module, "weight", StraightThrough(), unsafe=True)


@torch.no_grad()
def settle(net):
    """Writes the quantized values into the weights, for export."""
    for module in quantizable(net):
        if parametrize.is_parametrized(module):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
        module.weight.copy_(q4(module.weight.float()))
