"""Renders batches of things to premultiplied RGBA on any device, without a loop over the pictures."""
from typing import NamedTuple

import numpy as np
import torch

from scenes import recolour


class Sprites(NamedTuple):
    """What a bank is made of: pixels uint8 [N, 5, S, S] (premultiplied RGBA, body), tones float32 [N, 3] (OKLab of the bodies),
    lines bool [N] (line drawings, whose body is the ink)."""
    pixels: np.ndarray
    tones: torch.Tensor
    lines: torch.Tensor

    @classmethod
    def of(cls, rows, pixels):
        """From what `raster.rasterize` returns."""
        return cls(pixels, torch.tensor([row["tone"] for row in rows], dtype=torch.float32).view(-1, 3),
                   torch.tensor([row.get("look") == "line" for row in rows], dtype=torch.bool))


class Bank:
    """Sprites on a device."""

    def __init__(self, sprites, device="cpu"):
        self.device = torch.device(device)
        self.pixels, self.tones, self.lines = (torch.as_tensor(part).to(self.device) for part in sprites)
        self.side = self.pixels.shape[-1]

    def __len__(self):
        return len(self.pixels)


@torch.no_grad()
def render(bank, batch):
    """Premultiplied pictures [B, 4, S, S] in [0, 1]: each thing on nothing, centred, as large as its drawing."""
    send = lambda tensor: tensor.to(bank.device, non_blocking=True)
    drawing = send(batch.drawing)
    pictures = bank.pixels[drawing, :4].float().div_(255)
    for rows, give in ((~bank.lines[drawing], _body), (bank.lines[drawing], _ink)):
        chosen = (rows & send(batch.changed)).nonzero().flatten()
        if len(chosen):
            body = bank.pixels[drawing[chosen], 4].float() / 255
            pictures[chosen] = give(pictures[chosen], body, bank.tones[drawing[chosen]], send(batch.colour)[chosen])
    return pictures


def _body(pictures, body, tones, colours):
    return recolour.recolour(pictures, body, tones, colours)


def _ink(pictures, body, tones, colours):
    return recolour.ink(pictures, body, colours)
