"""Shapes of what is missing in an edited picture, for many pictures at once.

A shape depends on `numbers` in [0, 1), ten a picture. Lengths are shares of the side unless they are pixels of 64.
"""
import math

import torch
import torch.nn.functional as F

LASSO, BOX, STROKE, CUT, OWN, OWN_BOX, RIGHT, LEFT, BOTTOM, TOP, ALL, NONE = range(12)
NUMBERS = 10
GROWN = (2, 6)  # pixels of 64 around a thing
STRIP = (0.25, 0.6)  # width of what is known
STEPS = 24  # points of a stroke


def holes(kind, numbers, alpha):
    """1 where the picture is missing, else 0: float32 [E, 1, H, W]. kind int64 [E]; numbers [E, 10]; alpha [E, H, W] of the thing."""
    height, width = alpha.shape[-2:]
    v = ((torch.arange(height, device=alpha.device) + 0.5) / height).view(1, -1, 1)
    u = ((torch.arange(width, device=alpha.device) + 0.5) / width).view(1, 1, -1)
    out = torch.zeros_like(alpha)
    for shape in kind.unique().tolist():
        rows = (kind == shape).nonzero().flatten()
        n = numbers[rows].to(alpha.device).T[..., None, None]  # [10, n, 1, 1]
        rows = rows.to(alpha.device)
        out[rows] = _SHAPES[shape](u, v, n, alpha[rows]).float().expand(len(rows), height, width)
    return out[:, None]


def _lasso(u, v, n, alpha):
    """Around a point, at a distance that varies with the direction."""
    x, y = u - (0.25 + 0.5 * n[0]), v - (0.25 + 0.5 * n[1])
    angle, size = torch.atan2(y, x), 0.1 + 0.2 * n[2]
    waves = 0.3 * torch.sin(2 * angle + 2 * math.pi * n[3]) + 0.2 * torch.sin(3 * angle + 2 * math.pi * n[4]) + 0.1 * torch.sin(5 * angle + 2 * math.pi * n[5])
    return torch.hypot(x, y) < size * (1 + waves)


def _box(u, v, n, alpha):
    wide, high = 0.1 + 0.4 * n[0], 0.1 + 0.4 * n[1]
    left, top = 0.05 + n[2] * (0.9 - wide), 0.05 + n[3] * (0.9 - high)
    return (u >= left) & (u < left + wide) & (v >= top) & (v < top + high)


def _stroke(u, v, n, alpha):
    """A brush along a curve of three points, 3 to 8 pixels wide."""
    t = torch.linspace(0, 1, STEPS, device=u.device).view(-1, 1, 1, 1)
    bend = lambda a, b, c: (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c
    points = [0.1 + 0.8 * n[k] for k in range(6)]
    x, y = bend(*points[0::2]), bend(*points[1::2])
    return ((u - x) ** 2 + (v - y) ** 2).amin(0) < ((3 + 5 * n[6]) / 128) ** 2


def _cut(u, v, n, alpha):
    """One side of a straight line near the middle."""
    angle = 2 * math.pi * n[0]
    return (u - 0.5) * angle.cos() + (v - 0.5) * angle.sin() > 0.4 * n[1] - 0.2


def _grown(u, v, n, alpha):
    """The thing and 2 to 6 pixels around it."""
    unit = alpha.shape[-1] / 64
    reach = ((GROWN[0] + (GROWN[1] - GROWN[0]) * n[6]) * unit).round()
    out, seen = torch.zeros_like(alpha), (alpha > 0.1).float()
    for k in range(1, round(GROWN[1] * unit) + 1):
        seen = F.max_pool2d(seen[:, None], 3, 1, 1)[:, 0]
        out = torch.where(reach == k, seen, out)
    return out > 0


def _around(inside):
    """The bounding boxes of shapes."""
    span = lambda line: line.cummax(1).values & line.flip(1).cummax(1).values.flip(1)
    down, across = span(inside.any(2)), span(inside.any(1))
    return down[:, :, None] & across[:, None, :]


def _known(n):
    return STRIP[0] + (STRIP[1] - STRIP[0]) * n[0]


_SHAPES = {LASSO: _lasso, BOX: _box, STROKE: _stroke, CUT: _cut, OWN: _grown, OWN_BOX: lambda *given: _around(_grown(*given)),
           RIGHT: lambda u, v, n, alpha: u < 1 - _known(n), LEFT: lambda u, v, n, alpha: u > _known(n),
           BOTTOM: lambda u, v, n, alpha: v < 1 - _known(n), TOP: lambda u, v, n, alpha: v > _known(n),
           ALL: lambda u, v, n, alpha: torch.ones_like(alpha), NONE: lambda u, v, n, alpha: torch.zeros_like(alpha)}
