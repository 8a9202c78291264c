"""Plans: the random choice of a scene's contents, before layout and caption."""
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate, combinations

from scenes.carriers import CARRIERS, SKINS
from scenes.held_out import held_out
from scenes.layouts import CORNERS
from scenes.lettering import text_to_letter
from scenes.words import RECOLOURS

PRESET = {
    "kinds": {"single": 0.58, "count": 0.12, "pair": 0.14, "group": 0.03, "letters": 0.13},
    "grounds": {"transparent": 0.34, "plain": 0.32, "gradient": 0.09, "pattern": 0.06, "landscape": 0.08, "sky": 0.025, "night": 0.03,
                "space": 0.015, "underwater": 0.01, "room": 0.03},
    "icons": 0.3,  # weight of interface icons relative to pictures of things
    "recolour": 0.25,  # share of single-hue drawings that are recoloured
    "mirrored": 0.5,  # share of undirected drawings that are mirrored
    "freedom": 1.0,  # how far single things may deviate from the usual place, size and upright orientation
    "style": 0.72,  # probability that a caption mentions the style
    "synonym": 0.4,  # probability that a synonym is used if there is one
    "tag": 0.05,  # probability that a tag is added
    "small": 0.16, "close-up": 0.02, "large": 0.1,  # shares of single subjects whose caption mentions the size
}
_CARRIED = {carrier.name: carrier for carrier in CARRIERS}
_HELD = ("sign", "wooden sign", "flag", "balloon", "banner", "box", "blackboard")  # carriers that may stand beside a thing
_SKIN_OF = {"3d": "3d", "glossy icon": "3d", "outlined": "outlined", "hand-drawn": "outlined", "outlined icon": "outlined",
            "bold line icon": "outlined", "line": "outlined", "angular icon": "outlined", "duotone": "outlined"}
_CARRIER_COLOURS = ("red", "orange", "yellow", "green", "teal", "turquoise", "sky blue", "blue", "navy", "purple", "pink", "magenta",
                    "white", "black", "gray", "lime", "maroon", "mint", "lavender", "brown", "coral")
_RELATIONS = (None, None, "left", "left", "right", "right", "above", "below", "front")


@dataclass(slots=True)
class Plan:
    """One entry per kind of thing: rows (drawings), counts, colours (name or None), told (whether the caption mentions the
    colour), changed (whether the drawing is recoloured), sizes. A carrier's entry is the last of colours and told."""
    kind: str
    rows: tuple = ()
    counts: tuple = ()
    colours: tuple = ()
    told: tuple = ()
    changed: tuple = ()
    sizes: tuple = ()
    style: str | None = None
    pictorial: bool = True
    relation: str | None = None
    corner: str | None = None
    tag: str | None = None
    letters: str | None = None
    carrier: str | None = None
    skin: str = "flat"
    font: int = 0
    font_words: tuple = ()
    aspect: float = 1.0
    phrase: str | None = None  # replaces the first thing's name
    ground: tuple | None = None  # (kind, detail), if one was requested


class Shares:
    """Names for weighted sampling."""

    def __init__(self, weights):
        self.names = [name for name, weight in weights.items() if weight > 0]
        self.sums = list(accumulate(weights[name] for name in self.names))

    def pick(self, rng):
        return self.names[bisect(self.sums, rng.random() * self.sums[-1])]


class Planner:
    """Proposes plans by a preset's shares; none is held out."""

    def __init__(self, catalogue, preset, fonts):
        self.catalogue, self.preset, self.fonts = catalogue, preset, fonts
        self.kinds = Shares(preset["kinds"])

    def propose(self, rng, aspect):
        """A plan, or None if it would be held out; call again."""
        kind = self.kinds.pick(rng)
        if kind in ("count", "pair", "group") and not len(self.catalogue.counted):
            kind = "single"
        return getattr(self, f"_{kind}")(rng, aspect)

    def _single(self, rng, aspect):
        row = self.catalogue.all.pick(rng)
        pictorial = self.catalogue.rows[row]["pictorial"]
        colour, told, changed = self._colour(row, rng)
        size = corner = tag = None
        share = rng.random()
        small = self.preset["small"]
        if share < small:
            size = "tiny" if rng.random() < 0.2 else "small"
            corner = rng.choice(tuple(CORNERS)) if rng.random() < 0.5 else None
        elif share < small + self.preset["close-up"]:
            size = "close-up" if pictorial else None
        elif share < small + self.preset["close-up"] + self.preset["large"]:
            size = "large"
        tags = self.catalogue.tags[row]
        if tags and rng.random() < self.preset["tag"]:
            tag = rng.choice(tags)
        return Plan("single", (row,), (1,), (colour,), (told,), (changed,), (size,), self.catalogue.rows[row]["style"], pictorial,
                    corner=corner, tag=tag, aspect=aspect)

    def _count(self, rng, aspect):
        row = self.catalogue.counted.pick(rng)
        colour, told, changed = self._colour(row, rng)
        return Plan("count", (row,), (rng.choice((2, 2, 3, 3, 4)),), (colour,), (told,), (changed,), (None,),
                    self.catalogue.rows[row]["style"], aspect=aspect)

    def _pair(self, rng, aspect):
        rows = self._different(rng, 2)
        if not rows:
            return None
        relation = rng.choice(_RELATIONS)
        sized = rng.random() < 0.15 and relation != "front"
        sizes = rng.choice((("large", "small"), ("small", "large"))) if sized else (None, None)
        return Plan("pair", rows, (1, 1), *zip(*(self._colour(row, rng) for row in rows)), sizes,
                    self.catalogue.rows[rows[0]]["style"], relation=relation, aspect=aspect)

    def _group(self, rng, aspect):
        size = 3 if rng.random() < 0.6 else 2
        rows = self._different(rng, size)
        counts = (1, 1, 1) if size == 3 else rng.choice(((2, 1), (1, 2), (2, 2), (3, 1)))
        if not rows or any(count > 1 and not self.catalogue.countable[row] for row, count in zip(rows, counts)):
            return None
        none, no = (None,) * size, (False,) * size
        return Plan("group", rows, counts, none, no, no, none, self.catalogue.rows[rows[0]]["style"], aspect=aspect)

    def _letters(self, rng, aspect):
        text, font, share = text_to_letter(rng), int(rng.random() * len(self.fonts)), rng.random()
        if share < 0.2:
            return self.word(text, rng.choice(RECOLOURS) if rng.random() < 0.85 else None, font, aspect=aspect)
        if share < 0.72 or not len(self.catalogue.things):
            carrier, skin = rng.choice(CARRIERS).name, rng.choice(tuple(SKINS))
            return None if held_out(carrier, skin) else self.carried(text, carrier, skin, *self.body(carrier, rng), font, aspect=aspect)
        row = self.catalogue.things.pick(rng)
        carrier = "speech bubble" if rng.random() < 0.6 else rng.choice(_HELD)
        if held_out(*sorted((self.catalogue.rows[row]["subject"], carrier))):
            return None
        colour, told = self.body(carrier, rng)
        if carrier == "speech bubble" and rng.random() < 0.8:
            colour, told = "white", False
        return self.beside(row, text, carrier, colour, told, font, aspect=aspect)

    def word(self, text, colour, font, **more):
        """A word alone, in one colour, or in many if it is None."""
        return Plan("letters", colours=(colour,), told=(True,), letters=text, font=font, font_words=self.fonts[font].words, **more)

    def carried(self, text, carrier, skin, colour, told, font, **more):
        """A word on a carrier."""
        return Plan("letters", colours=(colour,), told=(told,), style=skin, letters=text, carrier=carrier, skin=skin, font=font, **more)

    def beside(self, row, text, carrier, colour, told, font, **more):
        """A word on a carrier beside a thing, or in its speech bubble."""
        style = self.catalogue.rows[row]["style"]
        return Plan("letters", (row,), (1,), (None, colour), (False, told), (False,), (None,), style, letters=text, carrier=carrier,
                    skin=_SKIN_OF.get(style, "flat"), font=font, **more)

    def body(self, carrier, rng):
        """(colour name, whether the caption mentions it) of a carrier; None if it has its own colour, as wood has."""
        if _CARRIED[carrier].colour:
            return None, False
        return rng.choice(_CARRIER_COLOURS), rng.random() < 0.75

    def _different(self, rng, size):
        """Drawings of one style and different subjects, or None if two of them are held out together."""
        catalogue = self.catalogue
        first = catalogue.things.pick(rng)
        pool = catalogue.by_style[catalogue.rows[first]["style"]]
        rows = (first, *(pool.pick(rng) for _ in range(size - 1)))
        subjects = [catalogue.rows[row]["subject"] for row in rows]
        return None if any(a == b or held_out(*sorted((a, b))) for a, b in combinations(subjects, 2)) else rows

    def _colour(self, row, rng):
        """(colour name or None, whether the caption mentions it, whether the drawing must be recoloured)."""
        own = self.catalogue.own_colour[row]
        if self.catalogue.tones[row] is not None and rng.random() < self.preset["recolour"]:
            colour = rng.choice(RECOLOURS)
            return colour, True, colour != own
        return own, own is not None and rng.random() < 0.2, False
