"""Augmentation of the judge's training pictures: premultiplied RGBA [B, 4, S, S] in [0, 1] → the same.

The judge names generated pictures, whose colours, shapes and surfaces are imperfect, and whose detail was enlarged from 64².
It is therefore trained on real renders that are moved, bent, recoloured, blurred, noisy and partly covered. Colours
change so strongly that they are no cue: a red blob is no apple.
"""
import math

import torch
import torch.nn.functional as F

GROUND = 0.86  # grey behind transparent pictures: both white and black drawings are visible on it
DETAIL_PX = (40, 60)  # sides to which detail is reduced, at a side of 64


def over(pictures, ground=GROUND):
    """Premultiplied RGBA [B, 4, H, W] over a ground (a number, or [B, 3, 1, 1]), as RGB [B, 3, H, W]."""
    return pictures[:, :3] + (1 - pictures[:, 3:]) * ground


def shrink(pictures, side):
    """Pictures [B, C, H, W] resized to [B, C, side, side] without aliasing."""
    if pictures.shape[-2:] == (side, side):
        return pictures
    return F.interpolate(pictures, (side, side), mode="bilinear", antialias=True).clamp(0, 1)


def uniform(generator, *shape, low=0.0, high=1.0):
    """Uniform random numbers on the generator's device."""
    return torch.rand(*shape, generator=generator, device=generator.device) * (high - low) + low


def chance(generator, count, share):
    """1 for about `share` of the pictures, else 0: float [B, 1, 1, 1]."""
    return (uniform(generator, count, 1, 1, 1) < share).float()


def valid(pictures):
    """Clamped to premultiplied RGBA: alpha in [0, 1], colours in [0, alpha]."""
    alpha = pictures[:, 3:].clamp(0, 1)
    return torch.cat([pictures[:, :3].clamp(min=0).minimum(alpha), alpha], 1)


def some(effect, share, pictures, generator):
    """Applies the effect to about `share` of the pictures."""
    chosen = (uniform(generator, len(pictures)) < share).nonzero().flatten()
    if len(chosen):
        pictures = pictures.index_copy(0, chosen, effect(pictures[chosen], generator))
    return pictures


def place(pictures, generator, side, flips, turn=0.15, zoom=(0.85, 1.15), tilt=0.1, shift=0.06, wobble=0.025):
    """Pictures moved, turned, enlarged, tilted and bent a little, at a new side; `flips` [B]: -1 mirrors.

    The sampling grid maps the new picture to the old one.
    """
    count, where = len(pictures), pictures.device
    angle = uniform(generator, count, 1, low=-turn, high=turn)
    wide, high = (uniform(generator, count, 1, low=1 / zoom[1], high=1 / zoom[0]) for _ in range(2))
    high = (wide + high) / 2  # proportions change half as much as sizes
    lean = uniform(generator, count, 1, 2, low=-tilt, high=tilt)
    away = uniform(generator, count, 1, 2, low=-2 * shift, high=2 * shift)
    line = (torch.arange(side, device=where) + 0.5) / side * 2 - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    x, y = x.reshape(1, -1) * wide * flips[:, None], y.reshape(1, -1) * high
    cos, sin = angle.cos(), angle.sin()
    points = torch.stack([cos * x - sin * y, sin * x + cos * y], -1)
    points = points / (1 + (points * lean).sum(-1, keepdim=True)) + away
    field = F.interpolate(uniform(generator, count, 2, 5, 5, low=-wobble, high=wobble), (side, side), mode="bilinear", align_corners=True)
    grid = points.view(count, side, side, 2) + field.permute(0, 2, 3, 1)
    return F.grid_sample(pictures, grid, padding_mode="zeros", align_corners=False)


def recolour(pictures, generator):
    """Hues turned by any angle, with other saturation, brightness and contrast: one matrix and one offset per picture."""
    count, where = len(pictures), pictures.device
    angle = uniform(generator, count, 1, 1, low=-math.pi, high=math.pi)
    rich = uniform(generator, count, 1, 1, low=0.0, high=1.5)
    grey = torch.full((3, 3), 1 / 3, device=where)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], device=where) / 3**0.5
    chroma = rich * (angle.cos() * (torch.eye(3, device=where) - grey) + angle.sin() * cross)
    contrast = uniform(generator, count, 1, 1, low=0.7, high=1.15)
    light = uniform(generator, count, 1, 1, low=-0.2, high=0.2)
    rgb, alpha = pictures[:, :3].flatten(2), pictures[:, 3:].flatten(2)
    changed = (contrast * (grey + chroma)) @ rgb + ((1 - contrast) / 2 + light) * alpha
    return valid(torch.cat([changed, alpha], 1).view_as(pictures))


def tint(pictures, generator):
    """A slight version of `recolour`."""
    count, where = len(pictures), pictures.device
    mix = torch.eye(3, device=where) + uniform(generator, count, 3, 3, low=-0.05, high=0.05)
    light = uniform(generator, count, 1, 1, low=-0.05, high=0.05)
    rgb, alpha = pictures[:, :3].flatten(2), pictures[:, 3:].flatten(2)
    return valid(torch.cat([mix @ rgb + light * alpha, alpha], 1).view_as(pictures))


def enlarge(pictures, generator):
    """Detail reduced to a smaller side and enlarged again, smoothly or by nearest pixels, then sharpened as upscalers do."""
    side = pictures.shape[-1]
    small = int(uniform(generator, 1, low=DETAIL_PX[0], high=DETAIL_PX[1]))
    less = F.interpolate(pictures, (small, small), mode="bilinear", antialias=True)
    again = F.interpolate(less, (side, side), mode="bicubic", align_corners=False)
    crisp = uniform(generator, len(pictures), 1, 1, 1, high=1.5)
    return valid(again + crisp * (again - F.avg_pool2d(again, 3, 1, 1, count_include_pad=False)))


def soften(pictures, generator):
    """Blur with a random width per picture."""
    line = torch.arange(-3, 4, device=pictures.device).float()
    sigma = uniform(generator, len(pictures), 1, low=0.3, high=1.1)
    kernel = torch.exp(-line**2 / (2 * sigma**2))
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(4, 0)
    flat = pictures.flatten(0, 1)[None]
    blurred = F.conv2d(flat, kernel[:, None, None, :], groups=len(kernel), padding=(0, 3))
    return F.conv2d(blurred, kernel[:, None, :, None], groups=len(kernel), padding=(3, 0))[0].view_as(pictures)


def grain(pictures, generator, top=0.05):
    """Fine noise on the drawn parts."""
    noise = torch.randn(pictures.shape, generator=generator, device=pictures.device)
    return valid(pictures + noise * uniform(generator, len(pictures), 1, 1, 1, high=top) * (pictures[:, 3:] > 0.02))


def blotch(pictures, generator, top=0.1):
    """Coarse noise on the drawn parts, as in unfinished pictures."""
    noise = torch.randn(len(pictures), 3, 10, 10, generator=generator, device=pictures.device) * uniform(generator, len(pictures), 1, 1, 1, high=top)
    noise = F.interpolate(noise, pictures.shape[-2:], mode="bilinear")
    return valid(torch.cat([pictures[:, :3] + noise * pictures[:, 3:], pictures[:, 3:]], 1))


def seam(pictures, generator, patches=8, top=0.06):
    """Another brightness in each of 8 × 8 patches: the seams of a transformer on patches."""
    noise = torch.randn(len(pictures), 3, patches, patches, generator=generator, device=pictures.device) * uniform(generator, len(pictures), 1, 1, 1, high=top)
    noise = F.interpolate(noise, pictures.shape[-2:], mode="nearest")
    return valid(torch.cat([pictures[:, :3] + noise * pictures[:, 3:], pictures[:, 3:]], 1))


def cover(pictures, generator, largest=0.2):
    """A small rectangle at a random place, of one colour or empty."""
    count, _, side, _ = pictures.shape
    line = (torch.arange(side, device=pictures.device) + 0.5) / side
    middle, half = uniform(generator, count, 2, low=0.1, high=0.9), uniform(generator, count, 2, low=0.03, high=largest / 2)
    inside = (line[None, None] - middle[:, :, None]).abs() < half[:, :, None]
    hole = (inside[:, 1, :, None] & inside[:, 0, None, :])[:, None]
    paint = torch.cat([uniform(generator, count, 3, 1, 1), torch.ones(count, 1, 1, 1)], 1) * chance(generator, count, 0.5)
    return torch.where(hole, paint, pictures)


def ground(pictures, generator):
    """In front of a colour or of another picture of the batch: opaque, as where a thing is inserted into a picture."""
    count = len(pictures)
    plain = uniform(generator, count, 3, 1, 1)
    behind = pictures.roll(1, 0).flip(2)
    behind = torch.where(chance(generator, count, 0.5) > 0, plain, behind[:, :3] + plain * (1 - behind[:, 3:]))
    return torch.cat([over(pictures, behind), torch.ones_like(pictures[:, 3:])], 1)


def wear(pictures, generator):
    """The surface of generated pictures: worn detail, noise, seams, colours slightly off. An eighth stays unchanged."""
    out = pictures
    for effect, share in ((cover, 1 / 6), (tint, 1 / 2), (blotch, 1 / 3), (seam, 1 / 5), (enlarge, 3 / 5), (soften, 1 / 4), (grain, 1 / 6)):
        out = some(effect, share, out, generator)
    return torch.where(chance(generator, len(pictures), 1 / 8) > 0, pictures, out)
