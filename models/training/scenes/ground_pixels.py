"""Pixels of the backgrounds. Each kind is drawn at once for all pictures that have it, on any device.

`y`, `x` are pixel centres [H, 1] and [1, W] in units of the shorter side, `soft` is half a pixel in that unit. The grounds'
numbers are [n, SIZE]; they are broadcast as [n, 1, 1], colours as [n, 3, 1, 1].
"""
import torch

from scenes import grounds as g


def draw(values, numbers, height, width, device):
    """Premultiplied RGBA [B, 4, H, W] in [0, 1]. `values` [B, SIZE] is on the device, `numbers` is its copy on the CPU."""
    shorter = min(height, width)
    y = ((torch.arange(height, device=device) + 0.5 - height / 2) / shorter).view(-1, 1)
    x = ((torch.arange(width, device=device) + 0.5 - width / 2) / shorter).view(1, -1)
    out = torch.zeros(len(values), 4, height, width, device=device)
    kinds = numbers[:, g.KIND]
    for kind, paint in ((g.PLAIN, _plain), (g.GRADIENT, _gradient), (g.PATTERN, _pattern), (g.SCENERY, _scenery)):
        rows = (kinds == kind).nonzero().flatten()
        if len(rows):
            shown = numbers[rows]
            rows = rows.to(device, non_blocking=True)
            out[rows, :3] = paint(values[rows], y, x, 0.5 / shorter, shown).clamp(0, 1)
            out[rows, 3] = 1.0
    return out


def _colour(values, at):
    return values[:, at:at + 3, None, None]


def _number(values, at):
    return values[:, at, None, None]


def _step(distance, soft):
    """1 where distance is positive, 0 where it is negative, with a ramp of one pixel in between: [n, H, W]."""
    return (distance / (2 * soft) + 0.5).clamp(0, 1)


def _plain(values, y, x, soft, numbers):
    return _colour(values, g.FIRST).expand(-1, -1, y.shape[0], x.shape[1])


def _gradient(values, y, x, soft, numbers):
    high, wide = -2 * y[0] + 2 * soft, -2 * x[0, 0] + 2 * soft  # the picture's height and width
    down, across = (y / high + 0.5).expand(-1, x.shape[1]), (x / wide + 0.5).expand(y.shape[0], -1)
    radius = ((y / high) ** 2 + (x / wide) ** 2).sqrt() / 0.7071
    ramps = torch.stack([down, (down + across) / 2, across, radius])  # as in GRADIENT_SHAPES
    share = ramps[values[:, g.SHAPE].long()][:, None]
    return torch.lerp(_colour(values, g.FIRST), _colour(values, g.SECOND), share)


def _pattern(values, y, x, soft, numbers):
    period = _number(values, g.PERIOD)
    u, v = (x / period)[:, :, :].expand(-1, y.shape[0], -1), (y / period).expand(-1, -1, x.shape[1])
    soft = soft / period

    def band(phase, share=0.5):  # stripes that fill `share` of their period, centred on whole numbers
        return _step(share / 2 - (phase - phase.round()).abs(), soft)

    row = v.round()
    shifted = u + 0.5 * (row % 2)
    dot = _step(0.27 - ((v - row) ** 2 + (shifted - shifted.round()) ** 2).sqrt(), soft)
    columns, lines = band(u / 2), band(v / 2)
    zigzag = band((v + (u - u.round()).abs()) / 1.5)
    wave = band((v + 0.22 * torch.sin(u * 3.14159)) / 1.5)
    figures = torch.stack([band(v), band(u), band((u + v) / 1.41421), dot, columns + lines - 2 * columns * lines,
                           torch.maximum(band(u, 0.1), band(v, 0.1)), zigzag, wave], 1)  # as in PATTERN_SHAPES
    share = figures[torch.arange(len(values), device=values.device), values[:, g.SHAPE].long()][:, None]
    return torch.lerp(_colour(values, g.FIRST), _colour(values, g.SECOND), share)


def _scenery(values, y, x, soft, numbers):
    top, horizon = y[0, 0] - soft, _number(values, g.HORIZON)
    span = (horizon - top).clamp(min=0.1)
    sky = torch.lerp(_colour(values, g.FIRST), _colour(values, g.SECOND), ((y - top) / span).clamp(0, 1)[:, None])
    out = sky.expand(-1, -1, -1, x.shape[1]).contiguous()
    fall = numbers[:, g.HORIZON] >= (y.shape[0] / min(y.shape[0], x.shape[1])) / 2  # flakes and bubbles are in front of the hills, stars behind them

    def lay(shown, paint, *args):
        """Paints (colour, opacity [n, H, W]) over the pictures selected by `shown`, a mask on the CPU."""
        rows = shown.nonzero().flatten().to(out.device, non_blocking=True)
        if len(rows):
            colour, alpha = paint(values[rows], y, x, soft, *args)
            out[rows] = out[rows].lerp_(colour.expand(-1, -1, *alpha.shape[1:]), alpha[:, None])

    dotted = numbers[:, g.DOTS] > 0
    lay(dotted & ~fall, _dots)
    lay(numbers[:, g.SUN + 2] > 0, _body)
    lay(numbers[:, g.CLOUDS] > 0, _clouds)
    for k in range(g.LAYER_COUNT):
        at = g.LAYERS + k * g.LAYER_SIZE
        lay(numbers[:, at + g.LAYER_SIZE - 1] > 0, _layer, at)
    lay(dotted & fall, _dots)
    return out


def _body(values, y, x, soft):
    """The sun or moon with a faint halo; a second disk cuts a crescent."""
    radius = _number(values, g.SUN + 2)
    dx, dy = x - _number(values, g.SUN), y - _number(values, g.SUN + 1)
    distance = (dx * dx + dy * dy).sqrt()
    shadow = _step(radius * 0.95 - ((dx - radius * 0.45) ** 2 + (dy + radius * 0.2) ** 2).sqrt(), soft)
    disk = _step(radius - distance, soft) * (1 - shadow * _number(values, g.CRESCENT))
    halo = torch.exp(-((distance / (radius * 2.2)) ** 2)) * 0.3
    return _colour(values, g.SUN_COLOUR), torch.maximum(disk, halo)


# Circles of a cloud: x, y, radius in units of its size. Its underside is flat.
_PUFFS = ((-0.95, -0.1, 0.5), (-0.3, -0.32, 0.72), (0.45, -0.22, 0.6), (1.05, -0.08, 0.42))


def _clouds(values, y, x, soft):
    """Up to three clouds in the sky; the seed determines their places."""
    seed = _number(values, g.SEED)
    wide, high = -2 * x[0, 0], -2 * y[0, 0]
    out = torch.zeros(len(values), y.shape[0], x.shape[1], device=values.device)
    for k in range(3):
        drift = (seed * 0.6180339 + k * 0.381966 + seed * 0.0137 * k) % 1.0
        size = 0.065 + 0.075 * ((seed * 0.271 + k * 0.37) % 1.0)
        cx = ((k + drift * 0.8 + 0.1) / 3 - 0.5) * wide
        cy = (-0.4 + 0.28 * ((seed * 0.754 + k * 0.569) % 1.0)) * high
        u, v = (x - cx) / size, (y - cy) / size
        puffs = [radius - ((u - px) ** 2 + (v - py) ** 2).sqrt() for px, py, radius in _PUFFS]
        cloud = (torch.stack(puffs).amax(0) * 6 + 0.5).clamp_(0, 1) * ((0.32 - v) * 7 + 0.5).clamp(0, 1)
        out = torch.maximum(out, cloud * ((seed * 0.437 + k * 0.29) % 1.0 < 0.8))
    return torch.ones(1, 1, 1, 1, device=values.device), out * _number(values, g.CLOUDS)


def _hash(a, b, seed):
    """Pseudo-random numbers in [0, 1) from integers. Integer arithmetic makes them equal on every device."""
    h = (a * 73856093) ^ (b * 19349663) ^ (seed * 83492791)
    h = ((h & 0x7FFFFFFF) * 1103515245 + 12345) & 0x7FFFFFFF
    h = ((h ^ (h >> 15)) * 69069 + 1) & 0x7FFFFFFF
    return ((h ^ (h >> 13)) & 0xFFFF).float() / 65536


def _dots(values, y, x, soft):
    """Stars, flakes or bubbles of random sizes, at most one per cell of a grid."""
    cell = 0.11
    column, line = torch.floor(x / cell).long()[None], torch.floor(y / cell).long()[None]
    seed = values[:, g.SEED].long().view(-1, 1, 1)
    away = _hash(column, line, seed)
    size = _number(values, g.DOT_RADIUS) * (0.45 + 0.9 * _hash(column, line, seed + 7))
    room = cell / 2 - 2 * _number(values, g.DOT_RADIUS)
    dx = x - (column + 0.5) * cell - (away * 2 - 1) * room
    dy = y - (line + 0.5) * cell - (_hash(column, line, seed + 3) * 2 - 1) * room
    shown = (_hash(column, line, seed + 11) < 0.5).float()
    alpha = _step(size - (dx * dx + dy * dy).sqrt(), soft) * shown * _number(values, g.DOTS)
    return torch.ones(1, 1, 1, 1, device=values.device), alpha


def _layer(values, y, x, soft, at):
    """A range of hills, a sea, a floor or a skyline, darker towards its foot, over the layers behind it."""
    base, amplitude, frequency, phase, shape = (_number(values, at + 3 + k) for k in range(5))
    turn = x * frequency + phase
    hills = (torch.sin(turn * 2) + 0.5 * torch.sin(turn * 3.7 + phase)) / 1.5
    saw = lambda t: ((t / 3.14159) % 1.0 * 2 - 1).abs() * 2 - 1  # a zigzag in [-1, 1]
    peaks = (saw(turn) + 0.55 * saw(turn * 1.73 + phase)) / 1.55
    seed = values[:, g.SEED].long().view(-1, 1, 1)
    towers = _hash(torch.floor(turn * 3).long(), torch.zeros_like(seed) + 5, seed) * 2 - 1
    waves = torch.sin(turn * 4)
    edges = torch.stack([hills, peaks, torch.zeros_like(hills), towers, waves])
    kind = shape.flatten().long()
    edge = base - amplitude * edges[kind, torch.arange(len(values), device=values.device)]
    depth = ((y - edge) / 1.2).clamp(0, 1)[:, None]
    colour = _colour(values, at) * (1.04 - 0.22 * depth)
    return colour, _step(y - edge, soft)
