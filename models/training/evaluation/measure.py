"""The measures: what counts as right, by pixels and by what the judges found, and how sure a share is.

Pictures are premultiplied RGBA, float [B, 4, H, W] in [0, 1]. Each measure is strict: whatever is missing, opaque
where it should not be, or more than was asked for, is wrong.
"""
import math

import torch
import torch.nn.functional as F

CLEAR = 2 / 255  # alpha up to which a pixel counts as transparent
SOLID = 0.5  # alpha from which a pixel belongs to the subject
SPECK = 0.05  # components below this share of the largest one are debris, not subject
DILATION_PX = 3
CLEAR_SHARE = 0.95  # of the pixels outside must be clear
OUTSIDE_MIN = 0.05  # share of the picture that must lie outside; a square drawing at its largest leaves 6 %
SUBJECT_MIN = 0.01  # share that the subject must fill
BORDER = 1 / 32  # width of the frame whose pixels are the background, in sides
RELATIONS = {"left": (-1, 0), "right": (1, 0), "above": (0, -1), "below": (0, 1)}


def wilson(right, count, z=1.96):
    """The 95 % interval (low, high) of a share, after Wilson: honest near 0 and 1 and for few pictures."""
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
    while True:  # the largest number floods its component
        flooded = F.max_pool2d(labels, 3, 1, 1) * mask
        if torch.equal(flooded, labels):
            return labels[0, 0].long()
        labels = flooded


def subject_mask(alpha):
    """The subject by its own alpha [H, W]: what is solid, without specks of debris. Bool [H, W]."""
    solid = alpha >= SOLID
    labels = components(solid)
    numbers, sizes = labels[solid].unique(return_counts=True)
    if len(numbers) == 0:
        return solid
    return torch.isin(labels, numbers[sizes >= SPECK * sizes.max()]) & solid


def transparent(picture):
    """Whether [4, H, W] is a subject on nothing: outside the subject's mask, dilated by 3 px, at least 95 % of the
    pixels have alpha ≤ 2/255.

    The mask comes from the picture itself, so two pictures would pass unseen: an opaque one, where nothing is left
    outside, and an empty one, where all is. Both fail: the subject must fill 1 % of the picture and leave 5 % free.
    Haze above half opacity joins the mask and leaves nothing outside; haze below it is not clear; debris is
    outside. A solid shape that is not the subject is the subject measure's to find.
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
    """CIE L*a*b* (D65) of sRGB [..., 3] in [0, 1]: equal distances look about equally far apart."""
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055).clamp(min=0) ** 2.4)
    to_xyz = torch.tensor([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                           [0.0193339, 0.1191920, 0.9503041]], dtype=rgb.dtype, device=rgb.device)
    xyz = linear @ to_xyz.T / torch.tensor([0.95047, 1.0, 1.08883], dtype=rgb.dtype, device=rgb.device)
    f = torch.where(xyz > (6 / 29) ** 3, xyz.clamp(min=1e-9) ** (1 / 3), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return torch.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def border(picture):
    """The pixels of the frame [4, N]: at least 2 px wide, whatever the size."""
    _, height, width = picture.shape
    frame = torch.ones(height, width, dtype=torch.bool, device=picture.device)
    wide = max(2, round(BORDER * min(height, width)))
    frame[wide:-wide, wide:-wide] = False
    return picture[:, frame]


def plain_background(picture, colors):
    """The background's name among `colors` (name → sRGB 0–255), or "transparent", or None.

    A vote, not a mean: more than half of the frame's pixels must be opaque and nearest, in Lab, to one and the same
    name, so that neither a subject that reaches the edge nor noise decides.
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
    """The two objects where there are exactly two, one of them `first` and one `second`, else None."""
    if len(objects) != 2:
        return None
    for one, other in (objects, objects[::-1]):
        if same(one[0], first) and same(other[0], second):
            return one, other
    return None


def placed(one, other, relation):
    """Whether `one` lies on that side of `other`: the asked axis is the longer one, and the sign is right."""
    dx, dy = one[1] - other[1], one[2] - other[2]
    x, y = RELATIONS[relation]
    along, across = (dx * x, dy) if x else (dy * y, dx)
    return along > abs(across)


def counted(objects, subject, count, same):
    """Exactly so many objects, all of them the subject."""
    return len(objects) == count and all(same(label, subject) for label, _, _ in objects)


# Distance of distributions


def mmd(x, y):
    """Unbiased squared maximum mean discrepancy of features [N, D] and [N, D]; kernel (x·y / D + 1)³."""
    count, width = x.shape
    kernel = lambda a, b: (a @ b.T / width + 1) ** 3
    off = lambda k: (k.sum() - k.trace()) / (count * (count - 1))
    return (off(kernel(x, x)) + off(kernel(y, y)) - 2 * off(kernel(x, y))).item()


def kid(x, y, blocks=8, seed=0):
    """Kernel inception distance on the judge's features, and its standard error.

    The mean over disjoint blocks: unbiased like the whole, and their spread is an honest error, which the usual
    overlapping subsets are not. May be slightly negative for equal distributions. x[i] and y[i] may stem from the
    same facts: the cross terms leave out i = i, so that pairing brings no bias.
    """
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    blocks = max(1, min(blocks, len(x) // 8))
    values = torch.tensor([mmd(x[part].double(), y[part].double()) for part in order.chunk(blocks)])
    return values.mean().item(), (values.std() / blocks**0.5).item() if blocks > 1 else float("nan")
