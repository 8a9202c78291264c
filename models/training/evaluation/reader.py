"""The reader: recognizes letters anywhere in a picture and in any font.

    picture 128² → maps of stride 2, 4, 8, 16 → back to stride 4, with skip connections
    → for each of 32 × 32 cells and each letter: whether its middle is there

Letters may fill the picture or a tenth of it, hence the maps of several strides. Words are read from left to right.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from evaluation.augment import over, shrink
from evaluation.judge import Residual, halve, peaks

SIDE = 128
CELLS = 32
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!?"


class Reader(nn.Module):
    def __init__(self, letters=ALPHABET, widths=(24, 48, 96, 160)):
        super().__init__()
        self.labels, self.size = {"letters": letters}, {"widths": list(widths)}
        first, second, third, last = widths
        self.fine = nn.Sequential(halve(3, first, 4), halve(first, second), Residual(second))
        self.middle = nn.Sequential(halve(second, third), Residual(third))
        self.coarse = nn.Sequential(halve(third, last), Residual(last), Residual(last))
        self.to_middle, self.to_fine = nn.Conv2d(last, third, 1), nn.Conv2d(third, second, 1)
        self.mix_middle, self.mix_fine = Residual(third), Residual(second)
        self.letter = nn.Sequential(nn.Conv2d(second, third, 3, padding=1, bias=False), nn.BatchNorm2d(third), nn.ReLU(), nn.Conv2d(third, len(letters), 1))
        nn.init.constant_(self.letter[-1].bias, -5.0)  # few cells contain a letter

    def forward(self, rgb):
        """rgb [B, 3, 128, 128] in [0, 1] → logits [B, letters, 32, 32]."""
        fine = self.fine(rgb * 2 - 1)
        middle = self.middle(fine)
        double = lambda x: F.interpolate(x, scale_factor=2.0)
        middle = self.mix_middle(double(self.to_middle(self.coarse(middle))) + middle)
        return self.letter(self.mix_fine(double(self.to_fine(middle)) + fine))


def heat(kinds, middles):
    """Targets [B, letters, 32, 32] for letters `kinds` [B, K] (-1: none) at `middles` [B, K, 2] in [0, 1]: in the letter's map
    a Gaussian of one cell's width, with 1 at the middle's cell."""
    line = torch.arange(CELLS, device=middles.device).float()
    cell = (middles * CELLS).floor().clamp(0, CELLS - 1)
    dx, dy = line - cell[..., :1], line - cell[..., 1:]
    bumps = torch.exp(-(dx[:, :, None, :] ** 2 + dy[:, :, :, None] ** 2)) * (kinds >= 0)[:, :, None, None]
    maps = torch.zeros(len(kinds), len(ALPHABET), CELLS, CELLS, device=middles.device)
    return maps.scatter_reduce_(1, kinds.clamp(min=0)[:, :, None, None].expand_as(bumps), bumps, "amax")


def decode(logits, letters=ALPHABET):
    """The words in logits [B, letters, 32, 32]: the most likely letter of each cell that is a local maximum."""
    best, kinds = logits.float().sigmoid().max(1)
    found = peaks(best)
    words = []
    for at, kind in zip(found, kinds):
        cells = sorted(at.nonzero().tolist(), key=lambda cell: cell[1])
        words.append("".join(letters[kind[y, x]] for y, x in cells))
    return words


@torch.no_grad()
def read(reader, pictures, batch=64):
    """The words in premultiplied RGBA pictures, [B, 4, H, W] or a list of [4, H, W]; "" if there is none."""
    where, words = next(reader.parameters()).device, []
    for start in range(0, len(pictures), batch):
        small = torch.cat([shrink(p[None].float().to(where), SIDE) for p in pictures[start : start + batch]])
        words += decode(reader.eval()(over(small)), reader.labels["letters"])
    return words
