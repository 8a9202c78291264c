"""Real renders: the drawings of all subjects in all looks, which the judge learns and to which pictures are compared."""
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from data import drawings, looks, raster
from evaluation.engine import SIDE
from evaluation.labels import Labels
from scenes import recolour

BUILD = Path(__file__).resolve().parents[1] / "build" / "evaluation"
# Sets whose drawings the judge learns as well, for their shapes alone: more ways to draw a subject than the eight looks have.
FURTHER = {name: looks.Look(0, (name,)) for name in ("noto-v1", "emojione", "fxemoji", "streamline-emojis")}
UNSEEN = 24  # one in so many drawings is kept from the judge until it has been examined on it


@dataclass
class Real:
    """Rows with subject, look, directed, tone and body; uint8 pixels [N, 5, S, S] (premultiplied RGBA and body)."""
    rows: list
    pixels: Any
    labels: Labels

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


def open_real(side, further=False, workers=None):
    """All drawings at a side; they are rendered once and cached under build/. further: also those of the FURTHER sets."""
    packed = drawings.load()
    rows = looks.choose(packed)
    if further:
        known = {row["subject"] for row in rows}
        rows += [row for row in looks.choose(packed, FURTHER) if row["subject"] in known]
    rows, pixels = raster.rasterize(rows, side, workers or os.cpu_count(), BUILD / ("further" if further else "looks"))
    return Real(rows, pixels, Labels())


def unseen(row):
    """Whether a drawing is kept from the judge at first: together with all that are made from the same drawing."""
    return zlib.crc32("|".join(looks.kin(row)).encode()) % UNSEEN == 0
