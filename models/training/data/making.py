"""Draws a row in its look, at any side: the set's own drawing, or outlined, line, hand-drawn or pixel versions of it.

A frame is the square of the drawing's units that the picture shows. Lengths below are shares of the frame unless a unit is
named. Results are premultiplied uint8 [4, side, side], or None where the drawing fails.
"""
import zlib

import numpy as np
import torch
import torch.nn.functional as F

from data import svg
from data.render import render

INK = "#141016"  # of outlines; dark enough to be told from any body (see scenes.recolour)
INK_RGB = tuple(int(INK[k:k + 2], 16) / 255 for k in (1, 3, 5))
STROKE = 0.026  # 3 % of the visible box
CELLS, COLOURS, OPAQUE = 32, 16, 115  # of pixel art: cells a side, colours, smallest alpha (of 255) of a cell
# Hand-drawn: lengths in 1/128 of the side.
PEN = 0.021
WARP, FILL_WARP, SHIFT, HATCH, HATCH_WARP = 1.6, 1.2, 2, 9, 1.5
PAPER = 0.55  # opacity of the fill between hatches


def draw(row, side, frame):
    """A row's picture in a frame (left, top, side)."""
    look = row.get("look")
    return _MAKERS.get(look, _own)(row["svg"], side, frame, zlib.crc32(row["id"].encode()))


def _own(text, side, frame, seed):
    return render(svg.framed(text, frame), side)


def _inked(text, frame, width, white=False):
    width *= frame[2]
    return svg.framed(svg.outlined(svg.whitened(text, INK, svg.FEATURE * width) if white else text, width, INK), frame, clipped=False)


def _outlined(text, side, frame, seed):
    return render(_inked(text, frame, STROKE), side)


def _line(text, side, frame, seed):
    return render(_inked(text, frame, STROKE, white=True), side)


def _pixel(text, side, frame, seed):
    """Cells of one of sixteen colours each, opaque or empty."""
    from PIL import Image

    if side % CELLS:
        raise ValueError(f"pixel art needs a multiple of {CELLS} pixels, not {side}")
    small = render(svg.framed(text, frame), CELLS)
    if small is None:
        return None
    solid = small[3] >= OPAQUE
    if not solid.any():
        return None
    colour = (small[:3, solid].astype(np.float32) / small[3, solid] * 255).clip(0, 255).round().astype(np.uint8)
    few = Image.fromarray(colour.T[None].copy(), "RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = np.zeros_like(small)
    out[:3, solid], out[3, solid] = np.asarray(few.convert("RGB"))[0].T, 255
    return out.repeat(side // CELLS, 1).repeat(side // CELLS, 2)


def _hand_drawn(text, side, frame, seed):
    """A wobbly pen over a crayon's hatched fill that misses the lines."""
    large = 2 * side
    unit = large / 128
    lines, fill = render(_inked(text, frame, PEN, white=True), large), render(svg.framed(text, frame), large)
    if lines is None or fill is None:
        return None
    lines, fill = (torch.from_numpy(image).float()[None] / 255 for image in (lines, fill))
    pen = _wobbly(_ink_of(lines), WARP * unit, seed)
    fill = torch.roll(_wobbly(fill, FILL_WARP * unit, seed + 1), (round(SHIFT * unit),) * 2, (2, 3))
    y, x = torch.meshgrid(torch.arange(large), torch.arange(large), indexing="ij")
    hatch = (((x + y) / unit) % HATCH < 0.72 * HATCH).float()[None, None]
    fill = fill * (PAPER + (1 - PAPER) * _wobbly(hatch, HATCH_WARP * unit, seed + 2))
    ink = torch.tensor([*INK_RGB, 1.0]).view(1, 4, 1, 1)
    both = F.avg_pool2d(pen * ink + fill * (1 - pen), 2)[0]
    both[:3] = both[:3].minimum(both[3:])
    return (both * 255).round().clamp(0, 255).to(torch.uint8).numpy()


def _ink_of(lines):
    """The pen's opacity [1, 1, H, W] in a picture of ink on white, premultiplied."""
    white, ink = lines[:, 3:], sum(INK_RGB) / 3
    return ((white - lines[:, :3].mean(1, keepdim=True)) / (1 - ink)).clamp(0, 1)


def _wobbly(image, reach, seed):
    """The image [1, C, H, W] displaced by smooth noise of `reach` pixels."""
    height, width = image.shape[-2:]
    noise = torch.randn(1, 2, 9, 9, generator=torch.Generator().manual_seed(seed))
    away = F.interpolate(noise, (height, width), mode="bicubic", align_corners=True).permute(0, 2, 3, 1) * reach * 2 / width
    still = F.affine_grid(torch.eye(2, 3)[None], (1, 1, height, width), align_corners=False)
    return F.grid_sample(image, still + away, mode="bicubic", align_corners=False, padding_mode="border").clamp(0, 1)


_MAKERS = {"outlined": _outlined, "line": _line, "hand-drawn": _hand_drawn, "pixel": _pixel}
