"""The basis of judges and prompts: a preset's drawings, their world, and the combinations that may be asked for."""
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data import drawings, raster, words
from scenes import Bank, World, recolour
from scenes.batch import SUBJECT
from scenes.grounds import KINDS
from scenes.nouns import countable, spoken
from scenes.words import COLOURS, RECOLOURS
from scenes.world import MIN_CONTRAST

BUILD = Path(__file__).resolve().parents[1] / "build" / "evaluation"
PRESETS = {  # arguments of `drawings.load`
    "everyday": {"subjects": words.everyday(), "styles": ["3d", "flat"]},
    "all": {},
}
TAUGHT_STYLES = {"everyday": ["bold", "cartoon", "classic", "simple"]}  # additional styles for the judge, so that it can recognize a wrong style
STYLES_MIN = 4  # a subject is judged if it is drawn in at least this many styles
LETTER_CONTRAST = 0.5  # minimum distance in RGB, [0, 1]


@dataclass
class Stage:
    """Drawings (rows, uint8 pixels [N, 4, S, S]), their world, sprites on a device, and the judged combinations."""
    rows: list
    pixels: np.ndarray
    world: Any
    bank: Any
    judged: "Judged"


def open_stage(preset, side, part="asked", device="cpu", workers=None):
    """Opens a part of the drawings; they are rendered once and cached under build/.

    asked   the drawings that prompts ask for
    taught  these, and one of every other subject in the same styles, so that the judges learn the style itself
    unseen  a tenth of the latter, by subject, excluded from the judges' training to test whether they know the style
    """
    choice = dict(PRESETS[preset])
    if part != "asked" and preset in TAUGHT_STYLES:
        choice["styles"] = choice["styles"] + TAUGHT_STYLES[preset]
    asked = drawings.load(**choice)
    judged = Judged(asked)
    rows = asked
    if part != "asked":
        rest = {}
        for row in drawings.load(styles=judged.styles):
            if row["subject"] not in judged.drawn:
                rest.setdefault((row["subject"], row["style"]), row)
        unseen = lambda row: zlib.crc32(row["subject"].encode()) % 10 == 0
        known = [row for row in asked if row["subject"] in judged.drawn]
        rows = known + [row for row in rest.values() if not unseen(row)] if part == "taught" else [row for row in rest.values() if unseen(row)]
    rows, pixels = raster.rasterize(rows, side, workers or os.cpu_count(), BUILD / f"{preset}-{part}-{side}.npz")
    rows = recolour.measure(rows, pixels)
    return Stage(rows, pixels, World(rows), Bank(pixels, device=device), Judged(rows, judged.drawn))


class Judged:
    """The combinations of subject and style that are drawn, those that are judged, and the colours on which they are visible."""

    def __init__(self, rows, subjects=None):
        """subjects: the judged ones; by default those drawn in enough styles."""
        self.styles = sorted({row["style"] for row in rows})
        self.drawn = {}
        for row in rows:
            self.drawn.setdefault(row["subject"], {}).setdefault(row["style"], []).append(row)
        enough = min(STYLES_MIN, len(self.styles))
        chosen = [subject for subject, styles in self.drawn.items() if len(styles) >= enough] if subjects is None else subjects
        self.subjects = sorted(chosen)
        every = [(subject, style) for subject, styles in sorted(self.drawn.items()) for style in sorted(styles)]
        self.pairs = [pair for pair in every if pair[0] in chosen]
        self.others = [pair for pair in every if pair[0] not in chosen]
        things = [(s, style) for s, style in self.pairs if all(row["pictorial"] for row in self.drawn[s][style])]
        self.things = {style: [s for s, other in things if other == style] for style in self.styles}
        self.things = {style: subjects for style, subjects in self.things.items() if len(subjects) >= 2}
        self.countable = [(s, style) for s, style in things if countable(spoken(s))]
        self.colours, self.grounds = list(COLOURS), list(KINDS)

    def colours_for(self, style, *subjects):
        """The plain grounds on which all of the drawings are visible, by the rule of `World`."""
        means = [row["mean"] for subject in subjects for row in self.drawn[subject][style]]
        far = lambda name, mean: sum((p - c / 255) ** 2 for p, c in zip(mean, COLOURS[name])) ** 0.5 >= MIN_CONTRAST
        return [name for name in self.colours if all(far(name, mean) for mean in means)] or ["white"]


def middles(world, scene):
    """(label, x, y) of the drawings in a scene: middles of their visible boxes, x and y in [0, 1], in square pictures."""
    found = []
    for layer in scene.layers:
        if layer.part != SUBJECT or layer.sprite >= len(world.catalogue):
            continue  # shadows, letters, carriers
        left, top, right, bottom = world.catalogue.boxes[layer.sprite]
        x, y = ((left + right) / 2 - 0.5) * layer.flip * layer.scale, ((top + bottom) / 2 - 0.5) * layer.scale
        cos, sin = np.cos(layer.turn), np.sin(layer.turn)
        found.append((world.rows[layer.sprite]["subject"], layer.x + cos * x - sin * y + 0.5, layer.y + sin * x + cos * y + 0.5))
    return found


def readable(background):
    """Letter colours that are as legible on a background as those on the world's signs."""
    ground = COLOURS.get(background)
    if ground is None:
        return list(RECOLOURS)
    return [name for name in RECOLOURS if sum((p - q) ** 2 for p, q in zip(COLOURS[name], ground)) ** 0.5 / 255 >= LETTER_CONTRAST]
