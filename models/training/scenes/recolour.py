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
    which, y, x = (body > 0).nonzero(as_tuple=True)
    pixels, share = images[which, :, y, x], body[which, y, x, None]  # [P, 4], [P, 1]
    alpha = pixels[:, 3:]
    lab = oklab.from_rgb((pixels[:, :3] / alpha.clamp(min=1e-3)).clamp(0, 1))
    chroma, hue = oklab.polar(lab)
    light_was, light_new = tone[which, 0], colour[which, 0]
    chroma_was, hue_was, chroma_new, hue_new = (value[which] for lab in (tone, colour) for value in oklab.polar(lab))
    grey = chroma_was < GREY
    chroma = chroma_new * torch.where(grey, 1.0, (chroma / chroma_was.clamp(min=1e-3)).clamp(*CHROMA))
    turn = torch.remainder(hue - hue_was + torch.pi, 2 * torch.pi) - torch.pi
    hue = hue_new + torch.where(grey, 0.0, HUES * turn)
    light = (light_new + SHADING * (lab[:, 0] - light_was)).clamp(0, 1)
    new = oklab.to_rgb(torch.stack([light, chroma * hue.cos(), chroma * hue.sin()], 1)) * alpha
    out = images.clone()
    out[which, :3, y, x] = pixels[:, :3].lerp(new, share)
    return out


def ink(images, opacity, colour):
    """Line drawings [B, 4, H, W] whose ink of an opacity [B, H, W] gets the colours [B, 3] (OKLab)."""
    rgb = oklab.to_rgb(colour)[..., None, None]
    out = images.clone()
    out[:, :3] += opacity[:, None] * (rgb - torch.tensor(INK_RGB, device=rgb.device).view(1, 3, 1, 1))
    out[:, :3] = out[:, :3].clamp(min=0).minimum(out[:, 3:])
    return out
