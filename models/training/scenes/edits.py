"""Edits: lessons in which a part of the picture, or another picture, is known.

    inpaint  a part of the thing is missing
    insert   a thing is missing in front of another one or of a ground
    extend   all but a strip is missing; the frame cuts the thing
    change   the reference is the same drawing in another colour or look, aligned
    vary     the reference is another drawing of the same thing, elsewhere
    return   nothing is missing

Here the choices are made, as data; `edit_pixels.py` draws them.
"""
import random
from bisect import bisect
from itertools import accumulate
from typing import NamedTuple

import torch

from data import oklab
from scenes import grounds, holes
from scenes.batch import Batch, Thing, pack
from scenes.held_out import colour_held_out, look_held_out
from scenes.words import COLOUR_NAMES

KINDS = ("inpaint", "insert", "extend", "change", "vary", "return")
SHARES = {"inpaint": 0.35, "insert": 0.20, "extend": 0.15, "change": 0.15, "vary": 0.10, "return": 0.05}
OPAQUE = 0.3  # share of edits on an opaque ground
MIRRORED = 0.5  # share of edits that are mirrored, with all that is known
USUAL = 0.5  # share of things at their usual place
EXTENT = 0.86  # share of the side that a thing takes at scale 1 (data.raster.FILL)
INSERTED, SMALLEST = (0.3, 0.6), 0.5  # sizes of inserted things, smallest scale of the others
OUTSIDE = (0.2, 0.5)  # of a thing's extent, when the picture is extended
GRID = 2 / 64  # places of pixel art, and of things that the frame cuts, are multiples of it: these are not resampled
BEFORE = 0.6  # share of insertions in front of a thing; the others are in front of a ground
WHOLE = 0.5  # share of changes that may change everything
CONTRAST, TRIES = 0.15, 6  # smallest distance in OKLab between a thing and a ground; tries to find one
_GROUNDS = ("plain", "plain", "plain", "gradient", "gradient", "pattern", "landscape", "sky", "night", "room")
NOWHERE = Thing("", 0, None, {})


class Edit(NamedTuple):
    """place, other_place: (x, y) of the middle, from the picture's in units of its side, and scale; y points down.

    other    the thing behind, or the reference; NOWHERE if there is none
    ground   numbers of `grounds.py`
    hole     one of `holes`; numbers: in [0, 1), for its shape
    """
    kind: str
    place: tuple
    other: Thing
    other_place: tuple
    ground: list
    mirrored: bool
    hole: int
    numbers: tuple


class Edits(NamedTuple):
    """Edits as tensors: kind int64 [E] (of KINDS), others Batch of E, beside bool [E] (whether there is another thing), place and
    other_place float32 [E, 3], ground float32 [E, grounds.SIZE], mirrored bool [E], hole int64 [E], numbers float32 [E, 10]."""
    kind: torch.Tensor
    others: Batch
    beside: torch.Tensor
    place: torch.Tensor
    other_place: torch.Tensor
    ground: torch.Tensor
    mirrored: torch.Tensor
    hole: torch.Tensor
    numbers: torch.Tensor

    def __len__(self):
        return len(self.kind)


def pack_edits(edits):
    number = lambda values, width: torch.tensor(values, dtype=torch.float32).view(-1, width)
    return Edits(torch.tensor([KINDS.index(edit.kind) for edit in edits], dtype=torch.int64), pack([edit.other for edit in edits]),
                 torch.tensor([edit.other is not NOWHERE for edit in edits], dtype=torch.bool),
                 number([edit.place for edit in edits], 3), number([edit.other_place for edit in edits], 3),
                 number([edit.ground for edit in edits], grounds.SIZE), torch.tensor([edit.mirrored for edit in edits], dtype=torch.bool),
                 torch.tensor([edit.hole for edit in edits], dtype=torch.int64), number([edit.numbers for edit in edits], holes.NUMBERS))


class Editor:
    """Draws edits of things of a world."""

    def __init__(self, world, shares=None):
        self.world = world
        shares = SHARES if shares is None else shares
        self.kinds = [kind for kind in KINDS if shares.get(kind, 0) > 0]
        self.sums = list(accumulate(shares[kind] for kind in self.kinds))

    def draw(self, rng):
        """(thing, edit) of a random kind."""
        kind = self.kinds[bisect(self.sums, rng.random() * self.sums[-1])]
        while True:
            thing = self.world.draw(rng)
            if edit := self.edit(thing, kind, rng):
                return thing, edit

    def edit(self, thing, kind, rng):
        """An edit of a thing, or None if this thing has none of the kind."""
        look = thing.facts["look"]
        other, place, other_place, hole = NOWHERE, _somewhere(rng, look), (0.0, 0.0, 1.0), holes.ALL
        opaque = rng.random() < OPAQUE
        if kind == "inpaint":
            hole = rng.choice((holes.LASSO, holes.BOX, holes.STROKE, holes.CUT, holes.OWN))
        elif kind == "insert":
            place = _inside(rng, look, rng.uniform(*INSERTED) / EXTENT)
            hole = rng.choice((holes.OWN, holes.OWN_BOX))
            if rng.random() < BEFORE:
                other = self.world.draw(rng)
            else:
                opaque = True
        elif kind == "extend":
            place, hole = _outside(rng)
        elif kind == "change":
            other, other_place = self._otherwise(thing, rng), place
            hole = holes.ALL if rng.random() < WHOLE else holes.OWN
        elif kind == "vary":
            row = self.world.another(thing, rng, kin=False)
            other = None if row is None else thing._replace(drawing=row)
            other_place = other and _somewhere(rng, self.world.rows[row]["look"], usual=0.0)
        else:
            hole = holes.NONE
        if other is None:
            return None
        ground = self._ground(thing, rng) if opaque else grounds.transparent(rng)
        return Edit(kind, place, other, other_place, ground.values, rng.random() < MIRRORED, hole, tuple(rng.random() for _ in range(holes.NUMBERS)))

    def _otherwise(self, thing, rng):
        """The same drawing in another colour, or an aligned one in another look; None unless the caption tells the difference."""
        facts, ways = thing.facts, []
        if facts["colour"] and self.world.catalogue.colours[thing.drawing]:
            ways.append("colour")
        if facts["told_look"] and (row := self.world.another(thing, rng, kin=True)) is not None:
            ways.append("look")
        if not ways:
            return None
        if rng.choice(ways) == "look":
            return thing._replace(drawing=row)
        names = [name for name in self.world.catalogue.colours[thing.drawing] if name != facts["colour"]]
        own = thing.colour is not None and rng.random() < 0.3
        return thing._replace(colour=None if own else self.world.named[rng.choice(names)])

    def _ground(self, thing, rng):
        tone = thing.colour or self.world.catalogue.tones[thing.drawing]
        for _ in range(TRIES):
            ground = grounds.make(rng.choice(_GROUNDS), rng)
            colours = oklab.from_rgb(torch.tensor(ground.colours, dtype=torch.float32))
            if (colours - torch.tensor(tone)).norm(dim=1).min() > CONTRAST:
                break
        return ground


def _somewhere(rng, look, usual=USUAL):
    """(x, y, scale) of a thing, often the usual place."""
    return (0.0, 0.0, 1.0) if rng.random() < usual else _inside(rng, look, rng.uniform(SMALLEST, 1.0))


def _inside(rng, look, scale):
    """(x, y, scale) of a thing that the frame does not cut."""
    if look == "pixel":  # whole cells
        scale = 0.5 if scale < 0.75 else 1.0
    free = (1 - EXTENT * scale) / 2
    x, y = (rng.uniform(-free, free) for _ in range(2))
    if look == "pixel":
        x, y = (round(at / GRID) * GRID for at in (x, y))
    return x, y, scale


def _outside(rng):
    """The place of a thing that the frame cuts on one side, and the strip that is known: mostly the one on that side."""
    share, side = rng.uniform(*OUTSIDE), rng.randrange(4)
    away = round(((1 - EXTENT) / 2 + share * EXTENT) / GRID) * GRID
    x, y = ((away, 0.0), (-away, 0.0), (0.0, away), (0.0, -away))[side]
    strips = (holes.RIGHT, holes.LEFT, holes.BOTTOM, holes.TOP)
    known = strips[side] if rng.random() < 0.6 else rng.choice(strips[2:] if side < 2 else strips[:2])
    return (x, y, 1.0), known


def cases(world, per_kind, seed=0):
    """{kind: (Batch, Edits)}: edits of held-out things for measuring, the same for equal arguments: things in a look, or for
    changes in a colour, that training never shows."""
    editor, out = Editor(world), {}
    rows = sorted((row["subject"], row["look"]) for row in world.rows)
    unseen = [pair for pair in rows if look_held_out(*pair)] or rows
    for kind in KINDS:
        rng, found = random.Random(f"{seed}/{kind}"), []
        for tries in range(100 * per_kind):
            if kind == "change":
                subject, look = rng.choice(rows)
                colours = [name for name in COLOUR_NAMES if colour_held_out(subject, name)]
                if not colours or not world.catalogue.colours[world.catalogue.by_subject[subject][look]]:
                    continue
                thing = world.compose(rng=rng, subject=subject, look=look, colour=rng.choice(colours), plain=True)
            else:
                subject, look = rng.choice(unseen)
                thing = world.compose(rng=rng, subject=subject, look=look, plain=True)
            if edit := editor.edit(thing, kind, rng):
                # Its own outline would tell what is asked for.
                found.append((thing, edit._replace(hole=holes.OWN_BOX) if kind == "insert" else edit))
            if len(found) == per_kind:
                break
        things, edits = zip(*found) if found else ((), ())
        out[kind] = pack(things, facts=True), pack_edits(edits)
    return out
