"""Measures of an enlarged drawing against its vector render, both premultiplied RGBA [4, H, W] in [0, 1]."""
import math

import torch
import torch.nn.functional as F

from upscaler.objective import over

GROUNDS = (0.0, 0.5, 1.0)  # grounds of composites
RIM = 3  # pixels on each side of an alpha edge
REACH, PLATEAU, STEP = 8.0, 4.0, 0.125  # of an edge's profile, in pixels
EDGES = 400  # profiles of one picture
GMS = 170 / 255**2  # stabilizer of the gradient similarity (Xue et al., arXiv 1308.3052)


def psnr(picture, truth):
    """dB of composites over GROUNDS."""
    errors = [over(picture[None], ground) - over(truth[None], ground) for ground in GROUNDS]
    return -10 * math.log10(max(torch.stack(errors).square().mean().item(), 1e-10))


def alpha_error(picture, truth):
    """Mean absolute error of alpha."""
    return (picture[3] - truth[3]).abs().mean().item()


def rim_error(picture, truth):
    """Mean absolute error of composites over black and over white within RIM pixels of alpha edges; None without edges."""
    solid = (truth[3:] > 0.5).float()[None]
    grown = lambda mask: F.max_pool2d(mask, 2 * RIM + 1, 1, RIM)
    rim = (grown(solid) * grown(1 - solid)).bool().expand(1, 3, -1, -1)
    if not rim.any():
        return None
    return tuple((over(picture[None], ground) - over(truth[None], ground))[rim].abs().mean().item() for ground in (0.0, 1.0))


def structure_distance(picture, truth):
    """Gradient magnitude similarity deviation of luminance over grey: 0 for equal structure."""
    maps = []
    for each in (picture, truth):
        grey = F.avg_pool2d(over(each[None], 0.5).mean(1, keepdim=True), 2)
        across = F.conv2d(grey, grey.new_tensor([[1.0, 0, -1]] * 3)[None, None] / 3)
        down = F.conv2d(grey, grey.new_tensor([[1.0, 0, -1]] * 3).T[None, None] / 3)
        maps.append((across.square() + down.square()).sqrt())
    similarity = (2 * maps[0] * maps[1] + GMS) / (maps[0].square() + maps[1].square() + GMS)
    return similarity.std().item()


def edge_widths(picture, truth):
    """10 to 90 % widths in pixels of the picture's profiles across the truth's clean alpha edges: float [n]."""
    planes = torch.stack([picture[3], truth[3]])[:, None]
    smooth = F.avg_pool2d(planes[1:], 5, 1, 2)[0, 0]
    down, across = torch.gradient(smooth)
    y, x = ((planes[1, 0] - 0.5).abs() < 0.3).nonzero().T
    inside = (torch.minimum(y, x) > REACH + 2) & (torch.maximum(y, x) < len(smooth) - REACH - 3)
    y, x = y[inside], x[inside]
    if len(y) > EDGES:
        pick = torch.linspace(0, len(y) - 1, EDGES).long()
        y, x = y[pick], x[pick]
    normal = torch.stack([across[y, x], down[y, x]], 1)
    normal = normal / normal.norm(dim=1, keepdim=True).clamp(min=1e-6)
    away = torch.arange(-REACH, REACH + STEP, STEP)
    points = torch.stack([x, y], 1)[:, None] + normal[:, None] * away[None, :, None]  # [n, S, 2]
    grid = ((points + 0.5) * 2 / len(smooth) - 1)[None]
    # Bilinear samples would widen a sharp edge by half a pixel.
    found, real = (F.grid_sample(plane[None], grid, mode="bicubic", align_corners=False)[0, 0] for plane in planes)  # [n, S] each
    low, high = away < -PLATEAU, away > PLATEAU
    clean = (real[:, low].amax(1) < 0.03) & (real[:, high].amin(1) > 0.97)
    return widths(found[clean], away)


def widths(profiles, away):
    """10 to 90 % widths of rising profiles [n, S] at positions `away`, between the means of their ends."""
    low = profiles[:, away < -PLATEAU].mean(1, keepdim=True)
    high = profiles[:, away > PLATEAU].mean(1, keepdim=True)
    level = (profiles - low) / (high - low).clamp(min=1e-3)
    starts = torch.where(level < 0.1, away, -math.inf).amax(1, keepdim=True)
    ends = torch.where((level > 0.9) & (away > starts), away, math.inf).amin(1, keepdim=True)
    return (ends - starts - STEP)[:, 0].clamp(0, 2 * REACH)


def shrunk_error(picture, small):
    """Mean absolute difference, of 255, between the picture averaged over squares and what it was made from."""
    times = picture.shape[-1] // small.shape[-1]
    return (F.avg_pool2d(picture, times) - small).abs().mean().item() * 255
