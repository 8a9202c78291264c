"""The drawings' metadata: names, colours, and pools for weighted sampling."""
from bisect import bisect
from collections import defaultdict
from itertools import accumulate

import torch

from data import words as names_by_hand
from data.looks import kin
from scenes import recolour
from scenes.held_out import HIDDEN_NAMES, colour_held_out, look_held_out
from scenes.nouns import spoken
from scenes.words import COLOUR_NAMES, COLOUR_WORDS

_KEPT = ("id", "subject", "look", "group")
_COLOUR_WORDS = frozenset(word for name in COLOUR_NAMES for word in name.split()) | {"grey", "golden", "violet", "colourful", "colorful"}
_LEADING = sorted(((form, colour) for colour, forms in COLOUR_WORDS.items() for form in forms), key=lambda pair: -len(pair[0]))
_PEOPLE = 1  # emojibase's group
PEOPLE_WEIGHT, EVERYDAY_WEIGHT = 0.5, 1.5
MIN_BODY, MIN_OWN = 0.25, 0.4  # shares of the visible area: a smaller body is not recoloured, gives no name to the own colour
NEAR = 0.1  # largest distance in OKLab between a body and the colour that names it
INK_MAX = 0.85  # lightness above which ink on white is invisible
_NAMED = recolour.wish(COLOUR_NAMES)
_INKS = tuple(name for name, colour in zip(COLOUR_NAMES, _NAMED.tolist()) if colour[0] < INK_MAX)


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
    """Rows in the bank's order, without what other processes do not need.

    names    the noun, without a leading colour ("red apple" is an apple), then the synonyms that captions may use
    tones    mean colour of the body, OKLab
    own      the name of the body's own colour, if captions may mention it
    bound    whether captions must mention it: several subjects share the noun, and this is not the everyday one
    colours  the named colours that the drawing may be given in training
    kin      drawings of equal kin are aligned
    pools    look → drawings to draw in training, without held-out pairs
    """

    def __init__(self, rows, looks):
        """rows: of `raster.rasterize`, or `looks.choose` without pixels; looks: share of draws by look."""
        self.rows = [{key: row[key] for key in _KEPT} for row in rows]
        self.kin = [kin(row) for row in rows]
        self.names, leading = zip(*(_names(row) for row in rows)) if rows else ((), ())
        everyday = frozenset(names_by_hand.everyday())
        sharing = defaultdict(set)
        for row, names in zip(rows, self.names):
            sharing[names[0]].add(row["subject"])
        self.bound = [bool(colour) and row["look"] != "line" and len(sharing[names[0]]) > 1 and row["subject"] not in everyday
                      for row, names, colour in zip(rows, self.names, leading)]
        self.tones = [tuple(row.get("tone") or (0.5, 0.0, 0.0)) for row in rows]
        self.own = [_own_colour(row, colour) for row, colour in zip(rows, leading)]
        self.colours = [_colours(row, _INKS if row["look"] == "line" else COLOUR_NAMES) for row in rows]
        self.usual = [(PEOPLE_WEIGHT if row.get("group") == _PEOPLE else 1) * (EVERYDAY_WEIGHT if row["subject"] in everyday else 1)
                      for row in rows]
        self.by_subject = defaultdict(dict)
        for i, row in enumerate(rows):
            self.by_subject[row["subject"]][row["look"]] = i
        self.looks = [look for look, share in looks.items() if share > 0]
        self.reweigh({})

    def __len__(self):
        return len(self.rows)

    def reweigh(self, factors):
        """factors: {look: {subject: factor}} on the usual weights."""
        weights = [usual * factors.get(row["look"], {}).get(row["subject"], 1.0) for row, usual in zip(self.rows, self.usual)]
        members = defaultdict(list)
        for i, row in enumerate(self.rows):
            if not look_held_out(row["subject"], row["look"]):
                members[row["look"]].append(i)
        self.pools = {look: Pool(members[look], weights) for look in self.looks if members[look]}

    def name(self, row, rng, synonym):
        """A name for a drawing; with probability `synonym` not the canonical one."""
        names = self.names[row]
        other = rng.random() < synonym and len(names) > 1
        return names[1 + int(rng.random() * (len(names) - 1))] if other else names[0]

    def find(self, rng, subject, look=None):
        """The drawing of a subject in a look, held out or not; in any look if it is None."""
        drawn = self.by_subject.get(subject, {})
        if look is None and drawn:
            return drawn[rng.choice(sorted(drawn))]
        if look not in drawn:
            raise LookupError(f"no drawing of {subject!r} in the look {look!r}")
        return drawn[look]


def colourless(label):
    """(leading colour or None, the rest): "light blue heart" is (sky blue, heart)."""
    for form, colour in _LEADING:
        if label.startswith(form + " "):
            return colour, label[len(form) + 1:]
    return None, label


def _names(row):
    """((noun, synonyms …), leading colour). Synonyms with a colour ("red balloon") would contradict a told colour."""
    colour, noun = colourless(spoken(row["subject"]))
    others = [spoken(word) for word in row["synonyms"] if word not in HIDDEN_NAMES and not _COLOUR_WORDS & set(word.split())]
    return tuple(dict.fromkeys([noun, *others])), colour


def _own_colour(row, leading):
    """The name of the body's colour: that of the subject's name, or a near one. Ink has none, and neither have people."""
    if row["look"] == "line":
        return None
    if leading:
        return leading
    if row.get("tone") is None or row["body"] < MIN_OWN or row.get("group") == _PEOPLE:
        return None
    distance = (_NAMED - torch.tensor(row["tone"])).norm(dim=1)
    return COLOUR_NAMES[distance.argmin()] if distance.min() < NEAR else None


def _colours(row, names):
    if row.get("body", 1.0) < MIN_BODY:
        return ()
    return tuple(name for name in names if not colour_held_out(row["subject"], name))
