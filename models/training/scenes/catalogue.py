"""The drawings' metadata: names, boxes, colours, and pools for weighted sampling."""
from bisect import bisect
from itertools import accumulate

from scenes import recolour
from scenes.held_out import HIDDEN_NAMES, held_out
from scenes.nouns import countable, spoken
from scenes.words import COLOUR_NAMES, COLOURS

_KEPT = ("subject", "style", "directed", "pictorial", "weight")
_COLOUR_WORDS = frozenset(word for name in COLOUR_NAMES for word in name.split()) | {"grey", "golden", "violet", "colourful", "colorful"}
_FACES, _PEOPLE = 0, 1  # emojibase's groups


class Pool:
    """Drawings for weighted sampling."""

    def __init__(self, indices, weights):
        self.indices = [i for i in indices if weights[i] > 0]
        self.sums = list(accumulate(weights[i] for i in self.indices))

    def __len__(self):
        return len(self.indices)

    def pick(self, rng):
        return self.indices[bisect(self.sums, rng.random() * self.sums[-1])]


class Catalogue:
    """Rows in the bank's order, without their SVGs, which other processes do not need.

    names       canonical name, then the synonyms that captions may use
    boxes       visible part, as fractions of the drawing's side
    means       mean visible colour, RGB in [0, 1]
    tones       the colour of a single-hue drawing that may be recoloured, or None
    own_colour  that colour's name, if a caption may mention it
    styles      pictorial or not → the styles of such drawings
    Pools exclude held-out combinations of subject and style; `by_subject` includes them.
    """

    def __init__(self, rows, icons):
        """icons: the weight of interface icons relative to pictures of things."""
        self.rows = [{key: row[key] for key in _KEPT} for row in rows]
        self.names = [_names(row) for row in rows]
        self.tags = [[tag for tag in row["tags"] if tag not in HIDDEN_NAMES] for row in rows]
        self.boxes = [tuple(row.get("box") or (0.0, 0.0, 1.0, 1.0)) for row in rows]
        self.means = [tuple(row.get("mean") or (0.5, 0.5, 0.5)) for row in rows]
        self.tones = [_tone(row, names[0]) for row, names in zip(rows, self.names)]
        self.own_colour = [tone and row.get("group") != _FACES and recolour.colour_name(tone) or None
                           for row, tone in zip(rows, self.tones)]
        self.countable = [bool(row["pictorial"] and countable(names[0])) for row, names in zip(rows, self.names)]
        self.by_subject = {}
        for i, row in enumerate(rows):
            self.by_subject.setdefault(row["subject"], []).append(i)
        weights = [row["weight"] * (1.0 if row["pictorial"] else icons) for row in rows]
        shown = [i for i, row in enumerate(rows) if not held_out(row["subject"], row["style"])]
        things = [i for i in shown if rows[i]["pictorial"]]
        by_style = {}
        for i in things:
            by_style.setdefault(rows[i]["style"], []).append(i)
        self.all, self.things = Pool(shown, weights), Pool(things, weights)
        self.counted = Pool([i for i in things if self.countable[i]], weights)
        self.by_style = {style: Pool(members, weights) for style, members in by_style.items()}
        self.styles = {kind: sorted({row["style"] for row in rows if bool(row["pictorial"]) == kind}) for kind in (True, False)}
        self._matrices = {}

    def __len__(self):
        return len(self.rows)

    def name(self, row, rng, synonym, one=True):
        """A name for a drawing, with probability `synonym` not the canonical one; without `one`, a name that has a plural."""
        names = self.names[row]
        if len(names) > 1 and rng.random() < synonym:
            name = names[1 + int(rng.random() * (len(names) - 1))]
            if one or countable(name):
                return name
        return names[0]

    def matrix(self, row, colour):
        """The matrix that gives a single-hue drawing the named colour."""
        key = row, colour
        if key not in self._matrices:
            self._matrices[key] = recolour.matrix(self.tones[row], [channel / 255 for channel in COLOURS[colour]])
        return self._matrices[key]

    def find(self, rng, subject=None, style=None, colour=None):
        """Any drawing of a subject and style, held out or not; with a colour, one that can be recoloured."""
        rows = self.things.indices if subject is None else self.by_subject.get(subject, ())
        rows = [i for i in rows if style in (None, self.rows[i]["style"])]
        coloured = [i for i in rows if self.tones[i]] if colour else rows
        if not coloured:
            raise LookupError(f"no drawing of {subject!r} in style {style!r}" + (f" that could be {colour}" if rows else ""))
        return rng.choice(coloured)


def _names(row):
    """Canonical name first. Synonyms with a colour ("red balloon") would contradict other drawings of the subject."""
    name = spoken(row["subject"])
    others = [spoken(word) for word in row["synonyms"] if word not in HIDDEN_NAMES and not _COLOUR_WORDS & set(word.split())]
    return list(dict.fromkeys([name, *others]))


def _tone(row, name):
    """The colour that may be changed, or None: skin keeps its colour, and so does a drawing whose name contains it."""
    if row.get("tone") is None or row.get("group") == _PEOPLE or _COLOUR_WORDS & set(name.replace("-", " ").split()):
        return None
    return tuple(row["tone"])
