"""Measures on pixels, and the statistics of shares and of distributions.

Pictures are premultiplied RGBA, float [4, H, W] in [0, 1], of side 256: lengths are in its pixels.
"""
import math

import torch
import torch.nn.functional as F

CLEAR, SOLID = 2 / 255, 250 / 255  # largest alpha of an empty pixel, smallest of a solid one
HATCHED = 0.5  # smallest alpha of a solid pixel in hand-drawn pictures: paper shows between a crayon's hatches
PRESENT = 0.01  # smallest share of the picture that is solid
EDGE = 5  # width of the soft rim between empty and solid
HAZE = 0.005  # largest share of the picture that is neither, beyond the rim
FRAME = 2  # width of the picture's border, which must be empty
SPECK, SPECKS = 0.0005, 0.002  # share of the picture of a part that counts as a speck; largest share of all specks


def wilson(right, count, z=1.96):
    """Wilson's 95 % interval (low, high) of a share, which is valid near 0 and 1 and for few pictures."""
    if count == 0:
        return 0.0, 1.0
    share = right / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


# Transparency


def components(mask):
    """Labels of the 8-connected components of bool [H, W]: int [H, W], 0 outside, equal within a component."""
    height, width = mask.shape
    labels = (torch.arange(1, height * width + 1).view(height, width) * mask).long()
    while True:  # the largest number spreads to its neighbours, then each pixel takes the label of the pixel that its label names
        spread = F.max_pool2d(labels[None].float(), 3, 1, 1)[0].long() * mask
        jumped = F.pad(spread.flatten(), (1, 0))[spread]
        if torch.equal(jumped, labels):
            return labels
        labels = jumped


def grown(mask, reach):
    """A bool mask [H, W] that is `reach` pixels larger on all sides."""
    return F.max_pool2d(mask[None].float(), 2 * reach + 1, 1, reach)[0] > 0


def faults(picture, look=None):
    """What is wrong with the alpha of a picture of one thing on nothing, in words; empty if nothing is."""
    alpha = picture[3]
    solid, clear = alpha >= (HATCHED if look == "hand-drawn" else SOLID), alpha <= CLEAR
    found = []
    if solid.float().mean() < PRESENT:
        return ["empty"]
    if solid.float().mean() > 0.98:
        return ["full"]
    inner = clear[FRAME:-FRAME, FRAME:-FRAME]
    if int((~clear).sum()) > int((~inner).sum()):
        found.append("touches the border")
    rim = grown(solid, EDGE) & grown(clear, EDGE)
    if (~solid & ~clear & ~rim).float().mean() > HAZE:
        found.append("haze")
    visible = alpha > 0.5
    parts, sizes = components(visible)[visible].unique(return_counts=True)
    if sizes[sizes < SPECK * alpha.numel()].sum() > SPECKS * alpha.numel():
        found.append("specks")
    return found


# Distance of distributions


def mmd(x, y):
    """Unbiased squared maximum mean discrepancy between features [N, D] and [N, D], with kernel (x·y / D + 1)³."""
    count, width = x.shape
    kernel = lambda a, b: (a @ b.T / width + 1) ** 3
    off = lambda k: (k.sum() - k.trace()) / (count * (count - 1))
    return (off(kernel(x, x)) + off(kernel(y, y)) - 2 * off(kernel(x, y))).item()


def kid(x, y, blocks=8, seed=0):
    """Kernel inception distance on the judge's features, and its standard error.

    The mean over disjoint blocks is unbiased, and their spread gives a valid standard error, unlike the usual overlapping
    subsets. It may be slightly negative for equal distributions. x[i] and y[i] may come from the same subject: cross terms
    with equal indices are excluded, so pairs cause no bias.
    """
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    blocks = max(1, min(blocks, len(x) // 8))
    values = torch.tensor([mmd(x[part].double(), y[part].double()) for part in order.chunk(blocks)])
    return values.mean().item(), (values.std() / blocks**0.5).item() if blocks > 1 else float("nan")
