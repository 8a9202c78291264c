"""Editing conditions of the network: a mask channel and a known picture beside the noisy one.

Condition [B, 1 + C, H, W] = mask, known picture. The mask gives the meaning of the known picture at each pixel:
 1: the pixel is known and must be kept (inpainting, outpainting);
 0: nothing is known (the known picture is 0);
-1: the known picture is a reference: the same things in another arrangement, not aligned (variation).
An all-zero condition means generation from text alone.
"""
import torch
import torch.nn.functional as F


def boxes(count, height, width, generator):
    """[count, 1, H, W]: 1 inside a random box of 0.25 to 0.8 of each side."""
    y, x = (torch.arange(n).view(*shape) for n, shape in ((height, (1, -1, 1)), (width, (1, 1, -1))))
    inside = torch.ones(count, height, width, dtype=torch.bool)
    for place, side in ((y, height), (x, width)):
        extent = (0.25 + 0.55 * torch.rand(count, 1, 1, generator=generator)) * side
        start = torch.rand(count, 1, 1, generator=generator) * (side - extent)
        inside = inside & (place >= start) & (place < start + extent)
    return inside.float().unsqueeze(1)


def strokes(count, height, width, generator):
    """[count, 1, H, W]: 1 inside a blob like a brush stroke."""
    coarse = torch.randn(count, 1, max(height // 24, 3), max(width // 24, 3), generator=generator)
    smooth = F.interpolate(coarse, (height, width), mode="bicubic", align_corners=False)
    return (smooth > 0.3).float()


def halves(count, height, width, generator):
    """[count, 1, H, W]: 1 on one side of a straight line, as in outpainting."""
    cut = 0.25 + 0.5 * torch.rand(count, 1, 1, generator=generator)
    down = (torch.arange(height).view(1, -1, 1) + 0.5) / height < cut
    right = (torch.arange(width).view(1, 1, -1) + 0.5) / width < cut
    lying, mirrored = (torch.rand(count, 1, 1, generator=generator) < 0.5 for _ in range(2))
    side = torch.where(lying, down.expand(count, height, width), right.expand(count, height, width))
    return (side ^ mirrored).float().unsqueeze(1)


def known_masks(count, height, width, generator):
    """[count, 1, H, W]: 1 where the picture is known. A fifth each: outside a box, inside a box (outpainting on all sides),
    outside strokes, one side of a line, inside strokes."""
    box, stroke, half = (make(count, height, width, generator) for make in (boxes, strokes, halves))
    kinds = torch.stack([1 - box, box, 1 - stroke, half, stroke])
    choice = torch.randint(len(kinds), (count,), generator=generator)
    return kinds[choice, torch.arange(count)]


def condition(data, mask, reference=None):
    """data and reference [B, C, H, W] in [-1, 1], mask [B, 1, H, W] of -1, 0, 1 -> [B, 1 + C, H, W]."""
    known = data * (mask > 0)
    if reference is not None:
        known = torch.where(mask < 0, reference, known)
    return torch.cat([mask, known], 1)
