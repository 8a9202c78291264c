"""The body of a drawing: the part that a colour word means. "A red house" has red walls, but keeps its windows.

It is the largest hue mode in OKLab, or all greys if they are larger; of people, of what is not skin or hair. Dark lines and
specks do not belong to it. Of line drawings it is the ink.
"""
import math

import torch
import torch.nn.functional as F

from data import oklab
from data.making import INK_RGB

GREY = 0.045  # chroma below which a pixel is grey
DARK = 0.2  # lightness below which a pixel is a line or a shadow
REACH = math.radians(35)  # half width of a hue mode
PALE = 0.1  # chroma below which hues may be farther from the mode, up to twice REACH
# The choice of the mode. Pixels near the outside count more: windows and bellies are inside. Greys count less, and dark greys
# and tyres least: they are the body only if hardly anything else is there.
RIM, RIM_COUNT = 0.08, 3.0  # width of the rim as a share of the side; how much more a pixel in it counts
GREY_COUNT, BLACK_COUNT, BLACK = 0.55, 0.45, 0.42  # BLACK: lightness below which greys, and parts of vehicles, are dark
BINS, KERNEL = 72, 5  # bins of hues; half width of the triangle that smooths them, in bins
SPREAD, STEP = math.radians(80), 0.035  # of gradients: largest distance from the mode, largest step between pixels in OKLab
SOLID = 0.4  # alpha below which a pixel belongs to what is beside it
SPECK = 0.015  # share of the visible area below which a connected part is a speck
PEOPLE, PLACES = 1, 5  # emojibase's groups of people and parts of bodies, of vehicles and buildings
GLASS, GLASS_COUNT = (math.radians(205), math.radians(260), 0.62), 0.4  # hues and smallest lightness; of vehicles and buildings
SKIN = (math.radians(62), math.radians(104), 0.60)  # hues from, to; smallest lightness
HAIR = (math.radians(30), math.radians(85), 0.55)  # hues from, to; largest lightness
GRID = 64  # side at which specks are searched
CHUNK = 1 << 20  # pixels at a time


def add(pixels, rows):
    """Writes the bodies of pixels [N, 5, S, S] to the fifth channel, in place. Returns a float array [N, 4]: mean OKLab colour
    of each body, and its share of the visible area."""
    tones, step = [], max(1, CHUNK // pixels[0, 0].size) if len(rows) else 1
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        images = torch.from_numpy(pixels[part, :4]).float() / 255
        found = masks(images, torch.tensor([-1 if (group := row.get("group")) is None else group for row in rows[part]]),
                      torch.tensor([row.get("look") == "3d" for row in rows[part]]))
        for k, row in enumerate(rows[part]):
            if row.get("look") == "line":
                found[k] = ink(images[k])
        pixels[part, 4] = (found * 255).round().to(torch.uint8).numpy()
        tones.append(measure(images, found))
    return torch.cat(tones).numpy() if tones else torch.zeros(0, 4).numpy()


def measure(images, bodies):
    """[B, 4]: mean OKLab colour of the bodies [B, H, W] of premultiplied pictures [B, 4, H, W], and their shares of the
    visible area."""
    alpha = images[:, 3]
    lab = oklab.from_rgb((images[:, :3] / images[:, 3:].clamp(min=1e-3)).clamp(0, 1))
    seen = bodies * alpha
    area = seen.flatten(1).sum(1, keepdim=True)
    tone = (lab * seen[:, None]).flatten(2).sum(2) / area.clamp(min=1e-6)
    return torch.cat([tone, area / alpha.flatten(1).sum(1, keepdim=True).clamp(min=1e-6)], 1)


def ink(image):
    """The opacity of ink [H, W] in a premultiplied line drawing [4, H, W] of ink and white."""
    return ((image[3] - image[:3].mean(0)) / (1 - sum(INK_RGB) / 3)).clamp(0, 1)


def masks(images, groups, shaded):
    """Bodies [B, H, W] in [0, 1] of premultiplied pictures [B, 4, H, W]; groups: emojibase's, [B], -1 for none; shaded: bool [B],
    whether surfaces change their hue in gradients."""
    alpha = images[:, 3]
    lab = oklab.from_rgb((images[:, :3] / alpha[:, None].clamp(min=1e-3)).clamp(0, 1))
    light, (chroma, hue) = lab[:, 0], oklab.polar(lab)
    lit = _above(light, DARK, 0.06) * (alpha > SOLID)
    people, places = ((groups == group)[:, None, None] for group in (PEOPLE, PLACES))
    skin = people & (chroma > 0.02) & (_within(hue, SKIN) & (light > SKIN[2]) | _within(hue, HAIR) & (light < HAIR[2]))
    own = lit * ~skin
    coloured = _above(chroma, GREY, 0.02)
    glass = places & _within(hue, GLASS) & (light > GLASS[2])
    dark = torch.where(light < BLACK, BLACK_COUNT, 1.0)
    count = own * alpha * (1 + RIM_COUNT * _rim(alpha)) * torch.where(glass, GLASS_COUNT, 1.0) * torch.where(places, dark, 1.0)
    greys = (count * (1 - coloured) * torch.where(places, 1.0, dark)).flatten(1).sum(1) * GREY_COUNT
    middle, area = _main_hue(hue, count * coloured)
    grey = (area < greys)[:, None, None]
    near = own * coloured * ((away := _turn(hue - middle)).abs() < REACH)
    usual = ((near * chroma).flatten(1).sum(1) / near.flatten(1).sum(1).clamp(min=1e-6))[:, None, None]
    reach = REACH * (PALE / chroma.clamp(min=1e-3)).clamp(1, 2)
    hued = _above(chroma, torch.minimum(0.6 * usual, torch.tensor(GREY)), 0.02) * (1 - _above(away.abs(), reach, math.radians(10)))
    body = own * torch.where(grey, 1 - _above(chroma, 1.6 * GREY, 0.03), hued)
    body = body * _large(body, alpha)
    if shaded.any():
        body[shaded] = _spread(body, lab, own * ((away.abs() < SPREAD) | grey), shaded)
    return torch.where(alpha > SOLID, body, F.max_pool2d(body[:, None], 3, 1, 1)[:, 0])


def _spread(body, lab, allowed, rows):
    """Bodies of some rows, grown into what follows without an edge: a gradient of hues is one surface."""
    body, lab, allowed = body[rows].clone(), lab[rows], allowed[rows]
    step = max(1, body.shape[-1] // GRID)
    smooth = [(lab - lab.roll(shift, (2, 3))).norm(dim=1) < STEP for shift in ((0, step), (0, -step), (step, 0), (-step, 0))]
    for _ in range(GRID // 2):
        for open_, shift in zip(smooth, ((0, step), (0, -step), (step, 0), (-step, 0))):
            body = torch.maximum(body, body.roll(shift, (1, 2)) * open_ * allowed)
    return body


def _rim(alpha):
    """1 near the outside of a drawing, else 0: [B, H, W]."""
    width = max(1, round(RIM * alpha.shape[-1]))
    outside = F.pad((alpha < SOLID).float(), (width,) * 4, value=1.0)
    return F.max_pool2d(outside[:, None], 2 * width + 1, 1)[:, 0]


def _main_hue(hue, count):
    """The hue [B, 1, 1] that most pixels are near, and the number of pixels within REACH of it [B]."""
    step = 2 * math.pi / BINS
    histogram = torch.zeros(len(hue), BINS).scatter_add_(1, ((hue / step) % BINS).long().clamp(0, BINS - 1).flatten(1), count.flatten(1))
    triangle = (KERNEL - torch.arange(1 - KERNEL, KERNEL).abs()).float().view(1, 1, -1)
    smooth = F.conv1d(F.pad(histogram[:, None], (KERNEL - 1,) * 2, mode="circular"), triangle)[:, 0]
    middle = ((smooth.argmax(1) + 0.5) * step)[:, None, None]
    near = count * ((away := _turn(hue - middle)).abs() < KERNEL * step)
    middle = middle + ((near * away).flatten(1).sum(1) / near.flatten(1).sum(1).clamp(min=1e-6))[:, None, None]
    return middle, (count * (_turn(hue - middle).abs() < REACH)).flatten(1).sum(1)


def _above(x, threshold, width):
    """0 below the threshold, 1 above, linear over `width` around it."""
    return ((x - threshold) / width + 0.5).clamp(0, 1)


def _turn(angle):
    return (angle + math.pi) % (2 * math.pi) - math.pi


def _within(hue, bounds):
    hue = hue % (2 * math.pi)
    return (hue > bounds[0]) & (hue < bounds[1])


def _large(body, alpha):
    """Whether each pixel is in or beside a connected part of the body that is no speck: float [B, H, W]."""
    small = F.adaptive_avg_pool2d(body, GRID) if body.shape[-1] > GRID else body
    inside = (small > 0.3)[:, None]
    labels = torch.arange(1, inside[0].numel() + 1, dtype=torch.float32).view(1, 1, *inside.shape[-2:]) * inside
    for _ in range(inside.shape[-1] * 4):  # the largest label floods its part
        flooded = F.max_pool2d(labels, 3, 1, 1) * inside
        if torch.equal(flooded, labels):
            break
        labels = flooded
    flat = labels.flatten(1).long()
    sizes = torch.zeros(len(flat), flat.shape[1] + 1).scatter_add_(1, flat, torch.ones_like(flat, dtype=torch.float32))
    visible = (alpha > SOLID).flatten(1).float().mean(1, keepdim=True) * flat.shape[1]
    kept = (sizes.gather(1, flat) >= SPECK * visible).float().view_as(inside) * inside
    kept = F.max_pool2d(kept, 3, 1, 1)
    return (F.interpolate(kept, body.shape[-2:], mode="nearest") if body.shape[-1] > GRID else kept)[:, 0]
