"""Editing as the network sees it: one mask channel and a known picture beside the noisy one.

Condition [B, 1 + C, H, W] = mask, known picture. The mask says what the known picture means at a place:
 1: it is the picture here: keep it (inpainting, outpainting);
 0: nothing is known here (known is 0);
-1: it is a reference, another picture of the same things, not aligned with this one (variation).
All zero is no condition: a picture from text alone.
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
    """[count, 1, H, W]: 1 under a blob such as a brush leaves."""
    coarse = torch.randn(count, 1, max(height // 24, 3), max(width // 24, 3), generator=generator)
    smooth = F.interpolate(coarse, (height, width), mode="bicubic", align_corners=False)
    return (smooth > 0.3).float()


def halves(count, height, width, generator):
    """[count, 1, H, W]: 1 on one side of a straight cut, as in outpainting."""
    cut = 0.25 + 0.5 * torch.rand(count, 1, 1, generator=generator)
    down = (torch.arange(height).view(1, -1, 1) + 0.5) / height < cut
    right = (torch.arange(width).view(1, 1, -1) + 0.5) / width < cut
    lying, mirrored = (torch.rand(count, 1, 1, generator=generator) < 0.5 for _ in range(2))
    side = torch.where(lying, down.expand(count, height, width), right.expand(count, height, width))
    return (side ^ mirrored).float().unsqueeze(1)


def known_masks(count, height, width, generator):
    """[count, 1, H, W]: 1 where the picture is known. A fifth each: outside a box, inside a box (outpainting all
    round), around strokes, one side of a cut, under strokes."""
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
