"""Real renders: the drawings of all subjects in all looks, which the judge learns and to which pictures are compared."""
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from data import drawings, looks, raster
from evaluation.engine import SIDE
from evaluation.labels import Merges
from scenes import Bank, Sprites, World, recolour

BUILD = Path(__file__).resolve().parents[1] / "build" / "evaluation"
LEARNT_SIDE = 96  # of the drawings that the judge learns: they are moved and enlarged before it sees them at its own side
DRAWN_SIDE = 64  # at which the network draws and edits
# Sets whose drawings the judge learns as well, for their shapes alone: more ways to draw a subject than the eight looks have.
FURTHER = {name: looks.Look(0, (name,)) for name in ("noto-v1", "emojione", "fxemoji", "streamline-emojis")}
UNSEEN = 24  # one in so many drawings is kept from the judge until it has been examined on it


class Lazily(Sequence):
    """A sequence whose members are made when they are read: two thousand pictures would take two gigabytes."""

    def __init__(self, make, items):
        self.make, self.items = make, list(items)

    def __len__(self):
        return len(self.items)

    def __getitem__(self, k):
        return [self.make(item) for item in self.items[k]] if isinstance(k, slice) else self.make(self.items[k])


@dataclass
class Real:
    """Rows with subject, look, directed, tone and body; uint8 pixels [N, 5, S, S] (premultiplied RGBA and body)."""
    rows: list
    pixels: Any
    merges: Merges

    def __post_init__(self):
        self.at = {(row["subject"], row["look"]): k for k, row in enumerate(self.rows)}
        self.subjects = sorted({row["subject"] for row in self.rows if row["look"] in looks.LOOKS})

    def picture(self, subject, look):
        """A real render [4, S, S] in [0, 1]."""
        return torch.from_numpy(np.array(self.pixels[self.at[subject, look], :4])).float() / 255

    def painted(self, subject, look, colour=None):
        """The same in a colour, as training shows it."""
        row, image = self.rows[self.at[subject, look]], self.picture(subject, look)[None]
        if colour is None:
            return image[0]
        body = torch.from_numpy(np.array(self.pixels[self.at[subject, look], 4]))[None].float() / 255
        wish = recolour.wish([colour])
        return (recolour.ink(image, body, wish) if look == "line" else recolour.recolour(image, body, torch.tensor([row["tone"]]), wish))[0]

    def looks_of(self, subject):
        return [look for look in looks.LOOKS if (subject, look) in self.at]


def choose(wanted=None):
    """Rows of all subjects in all looks, or of the `wanted` (subject, look) pairs only."""
    rows = looks.choose(drawings.load())
    return [row for row in rows if wanted is None or (row["subject"], row["look"]) in wanted]


def open_all(workers=1):
    """All drawings, and those of the FURTHER sets, at LEARNT_SIDE; they are rendered once and cached under build/."""
    packed = drawings.load()
    return _open(looks.choose(packed) + looks.choose(packed, FURTHER), LEARNT_SIDE, workers)


def open_wanted(pairs, workers=1):
    """The drawings of (subject, look) pairs at the side of judged pictures."""
    return _open(choose(set(pairs)), SIDE, workers)


def open_drawn(workers=1):
    """All drawings at the side at which things are drawn."""
    return _open(choose(), DRAWN_SIDE, workers)


def open_bank(workers=1):
    """(World, Bank) of the same, for edits."""
    drawn = open_drawn(workers)
    return World(drawn.rows), Bank(Sprites.of(drawn.rows, drawn.pixels))


def _open(rows, side, workers):
    rows, pixels = raster.rasterize(rows, side, workers, BUILD / "drawings")
    return Real(rows, pixels, Merges())


def unseen(row):
    """Whether a drawing is kept from the judge at first: together with all that are made from the same drawing."""
    return zlib.crc32("|".join(looks.kin(row)).encode()) % UNSEEN == 0
