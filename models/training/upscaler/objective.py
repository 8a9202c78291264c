"""The training objective: errors of composites over black, white and a random colour, and of their slopes.

Only composites are seen. An error of premultiplied colour counts as far as the error of alpha does not cancel it, and the
network learns both together (the blended loss of AlphaVAE, arXiv 2507.09308).
"""
import torch

SLOPES = 0.5


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
    """Mean absolute value of errors [..., H, W] plus that of their differences between neighbours."""
    slopes = errors.diff(dim=-1).abs().mean() + errors.diff(dim=-2).abs().mean()
    return errors.abs().mean() + SLOPES * slopes
