"""Recolouring: gives the body of a drawing (see data/body.py) another colour, in OKLab, on any device.

Light and shade, and small differences of hue, are kept around the new colour. A line drawing gets another ink.
"""
import torch

from data import oklab
from data.making import INK_RGB
from scenes.words import COLOURS

SHADING = 0.75  # share of the differences in lightness that is kept
CHROMA = (0.3, 1.3)  # smallest and largest chroma relative to the new colour's
HUES = 0.5  # share of the differences in hue that is kept
GREY = 0.045  # chroma of a body that has no hue


def wish(names):
    """OKLab [B, 3] of colours of `words.COLOURS`."""
    return oklab.from_rgb(torch.tensor([COLOURS[name] for name in names], dtype=torch.float32).view(-1, 3) / 255)


def recolour(images, body, tone, colour):
    """Premultiplied pictures [B, 4, H, W] whose bodies [B, H, W], of mean OKLab tones [B, 3], get the colours [B, 3] (OKLab)."""
    alpha = images[:, 3:]
    lab = oklab.from_rgb((images[:, :3] / alpha.clamp(min=1e-3)).clamp(0, 1))
    tone, colour = tone[..., None, None], colour[..., None, None]
    (chroma, hue), (chroma_was, hue_was), (chroma_new, hue_new) = map(oklab.polar, (lab, tone, colour))
    grey = chroma_was < GREY
    ratio = (chroma / chroma_was.clamp(min=1e-3)).clamp(*CHROMA)
    chroma = chroma_new * torch.where(grey, 1.0, ratio)
    turn = torch.remainder(hue - hue_was + torch.pi, 2 * torch.pi) - torch.pi
    hue = hue_new + torch.where(grey, 0.0, HUES * turn)
    light = colour[:, 0] + SHADING * (lab[:, 0] - tone[:, 0])
    new = oklab.to_rgb(torch.stack([light.clamp(0, 1), chroma * hue.cos(), chroma * hue.sin()], 1)) * alpha
    out = images.clone()
    out[:, :3] += body[:, None] * (new - images[:, :3])
    return out


def ink(images, opacity, colour):
    """Line drawings [B, 4, H, W] whose ink of an opacity [B, H, W] gets the colours [B, 3] (OKLab)."""
    rgb = oklab.to_rgb(colour)[..., None, None]
    out = images.clone()
    out[:, :3] += opacity[:, None] * (rgb - torch.tensor(INK_RGB, device=rgb.device).view(1, 3, 1, 1))
    out[:, :3] = out[:, :3].clamp(min=0).minimum(out[:, 3:])
    return out
