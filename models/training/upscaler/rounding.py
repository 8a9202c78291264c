"""Weights as an 8-bit package stores them (models/package/FORMAT.md): a row is an output channel with its columns in the order
[kernel row][kernel column][input], in blocks of 32 with an f16 scale."""
import copy

import torch
import torch.nn.functional as F

BLOCK, LARGEST = 32, 127


def q8(weight):
    """A convolution's weight [out, in, kh, kw], rounded."""
    rows = weight.permute(0, 2, 3, 1).flatten(1)
    blocks = F.pad(rows, (0, -rows.shape[1] % BLOCK)).view(len(rows), -1, BLOCK)
    scale = (blocks.abs().amax(2, keepdim=True) / LARGEST).half().float()
    steps = (blocks / scale.clamp(min=torch.finfo(torch.float16).tiny)).round().clamp(-LARGEST, LARGEST)
    rounded = (steps * scale).flatten(1)[:, : rows.shape[1]]
    out, inputs, height, width = weight.shape
    return rounded.view(out, height, width, inputs).permute(0, 3, 1, 2).contiguous()


@torch.no_grad()
def rounded(net):
    """A copy of the network with 8-bit convolutions; biases and slopes stay as they are."""
    net = copy.deepcopy(net)
    for p in net.parameters():
        if p.dim() == 4:
            p.copy_(q8(p))
    return net
