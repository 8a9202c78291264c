"""Weights quantized like the package's q4 blocks (models/package/FORMAT.md), with straight-through gradients.

The rule is ggml's Q4_0: a block's value of largest magnitude becomes -8. The package's quantizer starts its search with
this rule and therefore reproduces values written by `settle` without error.
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
    """The modules whose matrices are q4 in a q4 package: all but the first and last layers and the token table, which are
    q8."""
    for name, module in net.named_modules():
        if isinstance(module, nn.Linear) and not name.startswith(("img_embedder", "final_layer", "txt_embedder")):
            yield module


def simulate(net):
    """Makes `net` compute with quantized weights and train through them."""
    for module in quantizable(net):
        parametrize.register_parametrization(module, "weight", StraightThrough(), unsafe=True)


@torch.no_grad()
def settle(net):
    """Writes the quantized values into the weights, for export."""
    for module in quantizable(net):
        if parametrize.is_parametrized(module):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
        module.weight.copy_(q4(module.weight.float()))
