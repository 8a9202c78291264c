"""Mush: pictures that show nothing, although colours and outline are those of drawings. The judge learns to say so.

Undertrained networks draw mixtures of drawings, another one in each patch, and blobs with coarse patches of colour. All of
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
    return place(pictures, generator, pictures.shape[-1], still, turn=0.5, wobble=0.8, tilt=0.2)


def patchwork(pictures, generator, patches=8, guesses=4):
    """In each patch another mixture of the same few drawings, as a transformer draws that has no clear idea."""
    side = pictures.shape[-1]
    weights = torch.randn(guesses, len(pictures), 1, patches, patches, generator=generator) * uniform(generator, 1, low=0.5, high=3)
    blocks, smooth = (F.interpolate(weights.flatten(0, 1), (side, side), mode=mode).unflatten(0, weights.shape[:2]) for mode in ("nearest", "bilinear"))
    weights = torch.lerp(blocks, smooth, uniform(generator, len(pictures), 1, 1, 1)).softmax(0)
    return sum(weights[k] * pictures.roll(k, 0) for k in range(guesses))


def painted(pictures, generator):
    """A drawing's blurred outline, filled with coarse patches of other drawings' colours."""
    shape = coarse(pictures[:, 3:], generator, 4, 8)
    paint = coarse(patchwork(pictures.roll(1, 0), generator), generator, 5, 20)
    paint = paint[:, :3] / paint[:, 3:].clamp(min=0.05)
    shape = ((shape - 0.35) * 6).clamp(0, 1)
    return valid(torch.cat([paint.clamp(0, 1) * shape, shape], 1))


KINDS = (mixture, patchwork, patchwork, melted, painted, coarse)


def make(drawings, generator):
    """Mush from drawings [B, 4, S, S]; kinds in turn, and most of it with a crisp outline."""
    kinds = [kind(part, generator) for kind, part in zip(KINDS, drawings.tensor_split(len(KINDS)))]
    return some(harden, 0.6, valid(torch.cat(kinds)), generator)
