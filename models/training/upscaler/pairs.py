"""Batches of pairs for training: inputs at 64², truths at 256². Batch k depends on k, the cached files and `own` alone.

Kinds of inputs, with their shares: cleaned and stepped (see `inputs`); clean, the truth averaged over 4 × 4 pixels; blurred;
own, a crop of what the upscaler itself made of a 64² drawing, against the same crop of the render at 1024².
"""
import random

import numpy as np
import torch
import torch.nn.functional as F

from upscaler import inputs, renders

KINDS = {"cleaned": 0.40, "stepped": 0.15, "clean": 0.20, "blurred": 0.10, "own": 0.15}
NOISY = ("cleaned", "stepped")
BLUR = (0.3, 0.7)  # standard deviation in input pixels
CROP, EDGE = 64, 4  # side of a crop of `own`, and how much of its edge does not count: it lacks the pixels beyond
NEGATIVES = 0.1  # share of pairs with inverted colours
TRIES = 8  # for a crop that is not empty


class Pairs:
    def __init__(self, folder, batch, seed=1):
        self.rows, self.truths, self.large = renders.load(folder, "train")
        self.cleaned, self.stepped = inputs.load(folder, "train")
        self.batch, self.seed = batch, seed
        self.own = None  # uint8 [M, 4, 256, 256] of the first drawings; without it "clean" takes its share

    def __getitem__(self, number):
        """Of batch `number`: inputs [B, 4, 64, 64], truths [B, 4, 256, 256], weights [B, 1, 256, 256], and which inputs are noisy
        [B]."""
        rng = random.Random(f"{self.seed}/{number}")
        drawn = [self._pair(rng) for _ in range(self.batch)]
        small, truth = (torch.stack(part) for part in list(zip(*drawn))[:2])
        weight = torch.ones(len(drawn), 1, *truth.shape[-2:])
        kinds = [kind for _, _, kind in drawn]
        for k, kind in enumerate(kinds):
            if kind == "own":
                weight[k] = inner(truth.shape[-1], EDGE * 4)
        return small, truth, weight, torch.tensor([kind in NOISY for kind in kinds])

    def _pair(self, rng):
        """An input, its truth and the input's kind."""
        kind = rng.choices(tuple(KINDS), tuple(KINDS.values()))[0]
        if kind == "own" and self.own is None:
            kind = "clean"
        if kind == "own":
            small, truth = self._crop(rng)
        else:
            made = getattr(self, kind) if kind in NOISY else None  # may cover the first drawings only
            row = rng.randrange(len(self.rows if made is None else made))
            truth = real(self.truths[row])
            if made is not None:
                small = real(made[row][rng.randrange(made.shape[1])])
            else:
                small = F.avg_pool2d(truth, 4)
                if kind == "blurred":
                    small = blurred(small, rng.uniform(*BLUR))
        return *changed(small, truth, rng), kind

    def _crop(self, rng):
        row = rng.randrange(len(self.own))
        for _ in range(TRIES):
            y, x = (rng.randrange(self.own.shape[-1] - CROP + 1) for _ in range(2))
            truth = self.large[row, :, 4 * y : 4 * (y + CROP), 4 * x : 4 * (x + CROP)]
            if truth.min() != truth.max():
                break
        return real(self.own[row, :, y : y + CROP, x : x + CROP]), real(truth)


def real(pixels):
    """uint8 array -> float tensor in [0, 1]."""
    return torch.from_numpy(np.array(pixels)).float().div_(255)


def inner(side, edge):
    """[1, side, side]: 0 in a frame of `edge` pixels, else 1."""
    return F.pad(torch.ones(1, side - 2 * edge, side - 2 * edge), (edge,) * 4)


def blurred(picture, deviation):
    """[4, H, W] after a Gaussian blur, rounded to 8 bits."""
    away = torch.arange(-3.0, 4.0)
    kernel = torch.exp(-0.5 * (away / deviation) ** 2)
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1)
    x = F.conv2d(F.pad(picture[:, None], (3, 3, 3, 3)), kernel)
    x = F.conv2d(x, kernel.transpose(2, 3))[:, 0]
    return (x * 255).round() / 255


def changed(small, truth, rng):
    """Both pictures mirrored, turned by right angles, with exchanged and sometimes inverted colours."""
    order = rng.sample(range(3), 3) + [3]
    turns, mirror, negative = rng.randrange(4), rng.random() < 0.5, rng.random() < NEGATIVES

    def change(picture):
        picture = picture[order]
        if negative:
            picture = torch.cat([picture[3:] - picture[:3], picture[3:]])
        picture = picture.rot90(turns, (1, 2))
        return picture.flip(2) if mirror else picture
    return change(small), change(truth)
