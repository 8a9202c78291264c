"""The training objective: errors of composites over black, white and a random colour, of alpha, and of their slopes.

An error of premultiplied colour counts as far as the error of alpha does not cancel it, and the network learns both together
(the blended loss of AlphaVAE, arXiv 2507.09308). Alpha counts once more by itself: where the picture is dark, too little of
it shows on light grounds only, and a haze would stay.

Many details of a noisy input cannot be known. There the median of all truths is blurred, while the published network invents
sharp edges. For such inputs it counts as one more truth with the share TEACHER: it decides where the others spread, and is
outvoted where they agree.
"""
import torch

from upscaler.srvgg import ALPHA, solid

SLOPES = 0.5
TEACHER = 0.35
FAINT = 0.05  # alpha below which a colour cannot be told


def over(picture, ground):
    """Premultiplied RGBA [B, 4, H, W] over a ground (a number, or [B, 3, 1, 1]), as RGB [B, 3, H, W]."""
    return picture[:, :3] + (1 - picture[:, 3:]) * ground


def blended(error, colour):
    """Errors [4, B, 3, H, W] of the composites over black, white and colour [B, 3, 1, 1] and of alpha, from those of RGBA
    [B, 4, H, W]."""
    rgb, alpha = error[:, :ALPHA], error[:, ALPHA:]
    return torch.stack([rgb, rgb - alpha, rgb - alpha * colour, alpha.expand_as(rgb)])


def plain(error, colour):
    """The errors of RGBA themselves, for comparison with `blended`."""
    return error[None]


def steep(errors):
    """Mean absolute value of errors [K, B, C, H, W] plus that of their differences between neighbours, per picture: [B]."""
    size = lambda x: x.abs().mean((0, 2, 3, 4))
    return size(errors) + SLOPES * (size(errors.diff(dim=-1)) + size(errors.diff(dim=-2)))


def doubted(predicted, small, teacher, colour):
    """What `steep` gives when the teacher's enlargements of the input's colours, within the shape, and of its alpha are the
    truth: [B].

    The teacher enlarges alpha as a grey picture. Alpha from its composites over two grounds has a haze, and its colours at
    edges do not belong to that alpha: there the network's own colours are asked for, with the teacher's alpha.
    """
    with torch.no_grad():
        sharp = teacher(small[:, :ALPHA]).float().clamp(0, 1)
        alpha = teacher(small[:, ALPHA:].expand(-1, ALPHA, -1, -1)).float().mean(1, keepdim=True).clamp(0, 1)
        own = (predicted[:, :ALPHA] / predicted[:, ALPHA:].clamp(min=FAINT)).clamp(0, 1)
        within = solid(small, predicted.shape[-1] // small.shape[-1])
    error = predicted[:, ALPHA:] - alpha
    colours = torch.where(within, predicted[:, :ALPHA] - sharp, own * error)
    return steep(blended(torch.cat([colours, error], 1), colour))
