"""Augmentation of the judges' training pictures, different from all variation in the generator's training scenes.

The judges must classify generated pictures, whose shapes, colours and surfaces are imperfect. They are therefore trained on
real renders that are bent, tinted, blurred, noisy, compressed and partly covered.
"""
import math

import torch
import torch.nn.functional as F

GROUND = 0.86  # grey behind transparent pictures: both white and black drawings are visible on it


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


def grounds(generator, count):
    """Random grounds for transparent pictures: half of them GROUND, half any colour."""
    return torch.where(chance(generator, count, 0.5) > 0, GROUND, uniform(generator, count, 3, 1, 1))


def bend(rgb, centres, generator, turn=0.12, zoom=0.1, tilt=0.12, wobble=0.03):
    """Small rotation, zoom, perspective and wobble of [B, 3, S, S], applied to `centres` [B, K, 2] (x, y in [0, 1]), too.

    The sampling grid maps the new picture to the old one. Centres need the inverse, which one fixed-point step approximates
    to a fraction of a judge's cell for bends this small.
    """
    count, side = len(rgb), rgb.shape[-1]
    angle = uniform(generator, count, 1, low=-turn, high=turn)
    scale = uniform(generator, count, 1, low=1 - zoom, high=1 + zoom)
    lean = uniform(generator, count, 1, 2, low=-tilt, high=tilt)
    field = F.interpolate(uniform(generator, count, 2, 5, 5, low=-wobble, high=wobble), (side, side), mode="bicubic", align_corners=True)

    def origin(points):
        """The original positions of new points [B, N, 2] in [-1, 1]."""
        x, y = points.unbind(-1)
        cos, sin = angle.cos() * scale, angle.sin() * scale
        turned = torch.stack([cos * x - sin * y, sin * x + cos * y], -1)
        moved = turned / (1 + (points * lean).sum(-1, keepdim=True))
        return moved + F.grid_sample(field, points[:, None], align_corners=True)[:, :, 0].mT

    line = (torch.arange(side, device=rgb.device) + 0.5) / side * 2 - 1
    grid = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).reshape(1, -1, 2).expand(count, -1, -1)
    bent = F.grid_sample(rgb, origin(grid).view(count, side, side, 2), padding_mode="border", align_corners=False)
    old = centres * 2 - 1
    new = old
    for _ in range(3):
        new = new + old - origin(new)
    return bent, (new + 1) / 2


def tint(rgb, generator):
    """Brightness, contrast, saturation and slight mixing of the channels: one matrix and one offset per picture."""
    count = len(rgb)
    grey = torch.full((3, 3), 1 / 3, device=rgb.device)
    saturation = uniform(generator, count, 1, 1, low=0.85, high=1.15)
    contrast = uniform(generator, count, 1, 1, low=0.88, high=1.08)
    mix = torch.eye(3, device=rgb.device) + uniform(generator, count, 3, 3, low=-0.04, high=0.04)
    matrix = contrast * mix @ (saturation * torch.eye(3, device=rgb.device) + (1 - saturation) * grey)
    shift = (1 - contrast) / 2 + uniform(generator, count, 1, 1, low=-0.04, high=0.04)
    return (matrix @ rgb.flatten(2) + shift).view_as(rgb)


def some(effect, share, rgb, generator):
    """Applies the effect to about `share` of the pictures."""
    chosen = (uniform(generator, len(rgb)) < share).nonzero().flatten()
    if len(chosen):
        rgb = rgb.index_copy(0, chosen, effect(rgb[chosen], generator))
    return rgb


def soften(rgb, generator):
    """Blur with a random width per picture."""
    line = torch.arange(-2, 3, device=rgb.device).float()
    sigma = uniform(generator, len(rgb), 1, low=0.3, high=1.2)
    kernel = torch.exp(-line**2 / (2 * sigma**2))
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(3, 0)
    flat = F.pad(rgb, (2, 2, 2, 2), mode="replicate").flatten(0, 1)[None]
    blurred = F.conv2d(F.conv2d(flat, kernel[:, None, None, :], groups=len(kernel)), kernel[:, None, :, None], groups=len(kernel))
    return blurred[0].view_as(rgb)


def grain(rgb, generator, top=0.04):
    """Fine noise."""
    noise = torch.randn(rgb.shape, generator=generator, device=rgb.device)
    return rgb + noise * uniform(generator, len(rgb), 1, 1, 1, high=top)


def blotch(rgb, generator, top=0.05):
    """Coarse noise, as in unfinished pictures."""
    noise = torch.randn(len(rgb), 3, 12, 12, generator=generator, device=rgb.device)
    return rgb + F.interpolate(noise * uniform(generator, len(rgb), 1, 1, 1, high=top), rgb.shape[-2:], mode="bilinear")


def cosines(device):
    """The 8 × 8 matrix of the discrete cosine transform."""
    k = torch.arange(8, device=device).float()
    matrix = torch.cos((2 * k[None] + 1) * k[:, None] * math.pi / 16) / 2
    matrix[0] /= math.sqrt(2)
    return matrix


def compress(rgb, generator):
    """JPEG-like artefacts: blocks of 8 × 8 with coarser rounding of higher frequencies."""
    count, _, side, _ = rgb.shape
    matrix = cosines(rgb.device)
    blocks = rgb.reshape(count, 3, side // 8, 8, side // 8, 8).transpose(3, 4)
    fineness = torch.arange(8, device=rgb.device)
    step = (1 + fineness[:, None] + fineness) * uniform(generator, count, 1, 1, 1, 1, 1, low=0.005, high=0.05)
    waves = (matrix @ blocks @ matrix.T / step).round() * step
    return (matrix.T @ waves @ matrix).transpose(3, 4).reshape(rgb.shape)


def cover(rgb, generator, largest=0.22):
    """A small rectangle of one colour at a random place."""
    count, _, side, _ = rgb.shape
    line = (torch.arange(side, device=rgb.device) + 0.5) / side
    middle, half = uniform(generator, count, 2), uniform(generator, count, 2, low=0.03, high=largest / 2)
    inside = (line[None, None] - middle[:, :, None]).abs() < half[:, :, None]
    hole = (inside[:, 1, :, None] & inside[:, 0, None, :])[:, None]
    return torch.where(hole, uniform(generator, count, 3, 1, 1), rgb)


def disturb(rgb, centres, generator, covered=True):
    """All augmentations of [B, 3, S, S] in [0, 1], S divisible by 8; an eighth of the pictures is left unchanged."""
    out, moved = bend(rgb, centres, generator)
    for effect, share in ((cover, 1 / 3 * covered), (tint, 1), (soften, 1 / 2), (grain, 1 / 2), (blotch, 1 / 2), (compress, 1 / 3)):
        out = some(effect, share, out, generator)
    plain = chance(generator, len(rgb), 1 / 8) > 0
    return torch.where(plain, rgb, out.clamp(0, 1)), torch.where(plain[:, 0], centres, moved)
