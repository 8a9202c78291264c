"""The training objective: errors of composites over black, white and a random colour, and of their slopes.

Only composites are seen. An error of premultiplied colour counts as far as the error of alpha does not cancel it, and the
network learns both together (the blended loss of AlphaVAE, arXiv 2507.09308).

Many details of a noisy input cannot be known. There the median of all truths is blurred, while the published network invents
sharp edges. For such inputs it counts as one more truth with the share TEACHER: it decides where the others spread, and is
outvoted where they agree.
"""
import torch

SLOPES = 0.5
TEACHER = 0.35


def over(picture, ground):
    """Premultiplied RGBA [B, 4, H, W] over a ground (a number, or [B, 3, 1, 1]), as RGB [B, 3, H, W]."""
    return picture[:, :3] + (1 - picture[:, 3:]) * ground


def blended(error, colour):
    """Errors [3, B, 3, H, W] of the composites over black, white and colour [B, 3, 1, 1], from those of RGBA [B, 4, H, W]."""
    rgb, alpha = error[:, :3], error[:, 3:]
    return torch.stack([rgb, rgb - alpha, rgb - alpha * colour])


def plain(error, colour):
    """The errors of RGBA themselves, for comparison with `blended`."""
    return error[None]


def steep(errors):
    """Mean absolute value of errors [K, B, C, H, W] plus that of their differences between neighbours, per picture: [B]."""
    size = lambda x: x.abs().mean((0, 2, 3, 4))
    return size(errors) + SLOPES * (size(errors.diff(dim=-1)) + size(errors.diff(dim=-2)))


def doubted(predicted, small, teacher, ground):
    """What `steep` gives for composites over a ground (a number, or [B, 3, 1, 1]) when the teacher's enlargement of the
    input's composite is the truth: [B]."""
    with torch.no_grad():
        sharp = teacher(over(small, ground)).float().clamp(0, 1)
    return steep((over(predicted, ground) - sharp)[None])
