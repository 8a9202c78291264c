"""The measures: when a picture is right, by its pixels and by the judges' findings, and the confidence of shares.

Pictures are premultiplied RGBA, float [B, 4, H, W] in [0, 1]. Each measure is strict: a picture is wrong if anything is
missing, wrongly opaque, or more than requested.
"""
import math

import torch
import torch.nn.functional as F

CLEAR = 2 / 255  # largest alpha of a transparent pixel
SOLID = 0.5  # smallest alpha of the subject's pixels
SPECK = 0.05  # components below this share of the largest one are debris, not part of the subject
DILATION_PX = 3
CLEAR_SHARE = 0.95  # minimum share of transparent pixels outside the subject
OUTSIDE_MIN = 0.05  # minimum share of the picture outside the subject; a square drawing of maximum size leaves 6 %
SUBJECT_MIN = 0.01  # minimum share of the picture that is the subject
BORDER = 1 / 32  # width of the frame that is taken as background, relative to the side
RELATIONS = {"left": (-1, 0), "right": (1, 0), "above": (0, -1), "below": (0, 1)}


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
    labels = (torch.arange(1, height * width + 1, dtype=torch.float32).view(1, 1, height, width)) * mask
    while True:  # the largest number spreads through its component
        flooded = F.max_pool2d(labels, 3, 1, 1) * mask
        if torch.equal(flooded, labels):
            return labels[0, 0].long()
        labels = flooded


def subject_mask(alpha):
    """The subject by its alpha [H, W]: the solid pixels without small components. Bool [H, W]."""
    solid = alpha >= SOLID
    labels = components(solid)
    numbers, sizes = labels[solid].unique(return_counts=True)
    if len(numbers) == 0:
        return solid
    return torch.isin(labels, numbers[sizes >= SPECK * sizes.max()]) & solid


def transparent(picture):
    """Whether [4, H, W] is a subject on a transparent background: outside the subject's mask, dilated by 3 px, at least
    95 % of the pixels have alpha ≤ 2/255.

    The mask is computed from the picture, so two degenerate pictures need a rule: an opaque one has nothing outside, and an
    empty one has nothing inside. Both fail, because the subject must fill 1 % of the picture and leave 5 % free. Haze above
    half opacity becomes part of the mask and leaves nothing outside; weaker haze is not transparent; debris is outside.
    A solid shape other than the subject is left to the measure of the subject.
    """
    alpha = picture[3].float().cpu()
    mask = subject_mask(alpha)
    grown = F.max_pool2d(mask[None, None].float(), 2 * DILATION_PX + 1, 1, DILATION_PX)[0, 0] > 0
    outside = alpha[~grown]
    if mask.float().mean() < SUBJECT_MIN or outside.numel() < OUTSIDE_MIN * alpha.numel():
        return False
    return (outside <= CLEAR).float().mean().item() >= CLEAR_SHARE


# Background


def lab(rgb):
    """CIE L*a*b* (D65) of sRGB [..., 3] in [0, 1], in which distances approximate perceived differences."""
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055).clamp(min=0) ** 2.4)
    to_xyz = torch.tensor([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                           [0.0193339, 0.1191920, 0.9503041]], dtype=rgb.dtype, device=rgb.device)
    xyz = linear @ to_xyz.T / torch.tensor([0.95047, 1.0, 1.08883], dtype=rgb.dtype, device=rgb.device)
    f = torch.where(xyz > (6 / 29) ** 3, xyz.clamp(min=1e-9) ** (1 / 3), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return torch.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def border(picture):
    """The pixels of the frame [4, N], which is at least 2 px wide."""
    _, height, width = picture.shape
    frame = torch.ones(height, width, dtype=torch.bool, device=picture.device)
    wide = max(2, round(BORDER * min(height, width)))
    frame[wide:-wide, wide:-wide] = False
    return picture[:, frame]


def plain_background(picture, colors):
    """The background's name among `colors` (name → sRGB 0–255), or "transparent", or None.

    Decided by majority rather than by a mean, so that neither a subject that touches the edge nor noise matters: more than
    half of the frame's pixels must be opaque and have the same nearest name in Lab.
    """
    frame = border(picture.float())
    if (frame[3] <= CLEAR).float().mean() > 0.5:
        return "transparent"
    names = list(colors)
    named = lab(torch.tensor([colors[name] for name in names], dtype=torch.float32, device=frame.device) / 255)
    nearest = torch.cdist(lab(frame[:3].T.clamp(0, 1)), named).argmin(1)
    nearest[frame[3] < 250 / 255] = len(names)
    votes = nearest.bincount(minlength=len(names) + 1)[: len(names)]
    winner = int(votes.argmax())
    return names[winner] if votes[winner] > 0.5 * nearest.numel() else None


# Objects: lists of (label, x, y), x to the right and y down in [0, 1]


def both(objects, first, second, same):
    """The two objects if there are exactly two, one `first` and one `second`; else None."""
    if len(objects) != 2:
        return None
    for one, other in (objects, objects[::-1]):
        if same(one[0], first) and same(other[0], second):
            return one, other
    return None


def placed(one, other, relation):
    """Whether `one` is on the given side of `other`: the distance is larger along that axis, and its sign is right."""
    dx, dy = one[1] - other[1], one[2] - other[2]
    x, y = RELATIONS[relation]
    along, across = (dx * x, dy) if x else (dy * y, dx)
    return along > abs(across)


def counted(objects, subject, count, same):
    """Whether there are exactly `count` objects, all of them the subject."""
    return len(objects) == count and all(same(label, subject) for label, _, _ in objects)


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
    subsets. It may be slightly negative for equal distributions. x[i] and y[i] may come from the same facts: cross terms
    with equal indices are excluded, so pairs cause no bias.
    """
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    blocks = max(1, min(blocks, len(x) // 8))
    values = torch.tensor([mmd(x[part].double(), y[part].double()) for part in order.chunk(blocks)])
    return values.mean().item(), (values.std() / blocks**0.5).item() if blocks > 1 else float("nan")
