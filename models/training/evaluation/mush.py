"""Mush: pictures that show nothing, although colours and outline are those of drawings. The judge learns to say so.

Undertrained networks draw mixtures of drawings, blobs with coarse patches of colour, and parts in the wrong places. All of
these are made here from real drawings; none comes from a network, so real networks' mush remains a fair test.
"""
import torch
import torch.nn.functional as F

from evaluation.augment import place, some, uniform, valid


def harden(pictures, generator):
    """Alpha stretched around a half, so that the outline is as crisp as a drawing's."""
    alpha = pictures[:, 3:]
    crisp = ((alpha - 0.5) * uniform(generator, len(pictures), 1, 1, 1, low=1.5, high=8) + 0.5).clamp(0, 1)
    return torch.cat([pictures[:, :3] / alpha.clamp(min=1e-3) * crisp, crisp], 1)


def coarse(pictures, generator, low=4, high=8):
    """Reduced to a few cells and enlarged: smooth patches of colour."""
    side = pictures.shape[-1]
    small = int(uniform(generator, 1, low=low, high=high))
    return F.interpolate(F.interpolate(pictures, (small, small), mode="area"), (side, side), mode="bicubic").clamp(0, 1)


def mixture(pictures, generator):
    """The mean of several moved drawings."""
    count = int(uniform(generator, 1, low=3, high=7))
    still = torch.ones(len(pictures))
    return sum(place(pictures.roll(k, 0), generator, pictures.shape[-1], still, turn=0.5, zoom=(0.8, 1.5), wobble=0.08, shift=0.08) for k in range(count)) / count


def melted(pictures, generator):
    """One drawing, bent beyond recognition."""
    still = torch.ones(len(pictures))
    return place(pictures, generator, pictures.shape[-1], still, turn=0.5, wobble=0.45, tilt=0.2)


def shuffled(pictures, generator, cells=(4, 8)):
    """Patches in another order."""
    parts = cells[int(uniform(generator, 1, high=len(cells)))]
    count, channels, side, _ = pictures.shape
    order = uniform(generator, count, parts * parts).argsort(1)
    cut = pictures.view(count, channels, parts, side // parts, parts, side // parts).permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
    cut = cut.gather(1, order[:, :, None, None, None].expand_as(cut)).view(count, parts, parts, channels, side // parts, side // parts)
    return cut.permute(0, 3, 1, 4, 2, 5).reshape(pictures.shape)


def painted(pictures, generator):
    """A drawing's blurred outline, filled with coarse patches of another drawing's colours."""
    shape = coarse(pictures[:, 3:], generator, 4, 8)
    paint = coarse(pictures.roll(1, 0), generator, 4, 12)
    paint = paint[:, :3] / paint[:, 3:].clamp(min=0.05)
    shape = ((shape - 0.35) * 6).clamp(0, 1)
    return valid(torch.cat([paint.clamp(0, 1) * shape, shape], 1))


KINDS = (mixture, melted, shuffled, painted, coarse)


def make(drawings, generator):
    """Mush from drawings [B, 4, S, S], S divisible by 8; kinds in turn. Half of it with a crisp outline."""
    kinds = [kind(part, generator) for kind, part in zip(KINDS, drawings.chunk(len(KINDS)))]
    return some(harden, 0.6, valid(torch.cat(kinds)), generator)
