"""The eight looks that the network draws. Four are icon sets; four are made from flat drawings, so that they share shapes.

    rows = looks.choose(drawings.load())  # one drawing of each subject in each look
    rows, pixels = raster.rasterize(rows, 64)

`style` stays the name of a set's own style. A row's `look` is the style that captions ask for.
"""
import re
from collections import defaultdict
from dataclasses import dataclass

TONED = re.compile(r"\bskin\b")
_FLAT = ("fluent-emoji-flat", "twemoji", "noto", "emojione", "streamline-emojis")


@dataclass(frozen=True)
class Look:
    """share: of all draws; sets: the first that draws a subject is used; made: whether `making.py` redraws it."""
    share: float
    sets: tuple
    made: bool = False


LOOKS = {
    "3d": Look(0.22, ("fluent-emoji",)),
    "flat": Look(0.18, ("fluent-emoji-flat",)),
    "bold": Look(0.08, ("twemoji",)),
    "cartoon": Look(0.16, ("noto",)),
    "outlined": Look(0.10, _FLAT, made=True),
    "line": Look(0.08, _FLAT, made=True),
    "hand-drawn": Look(0.09, _FLAT, made=True),
    "pixel": Look(0.09, _FLAT, made=True),
}
SHARES = {name: look.share for name, look in LOOKS.items()}


def choose(rows, looks=LOOKS):
    """Copies of packed drawings with a `look`, at most one per subject and look, in the order of looks and subjects.

    Only pictorial ones. Of several drawings in a set the one without skin tone is taken; people would otherwise be two
    thirds of all drawings.
    """
    drawn = defaultdict(list)
    for row in rows:
        if row["pictorial"]:
            drawn[row["set"], row["subject"]].append(row)
    subjects = sorted({subject for _, subject in drawn})
    best = {key: min(several, key=_plainness) for key, several in drawn.items()}
    sources = lambda look, subject: (best[name, subject] for name in looks[look].sets if (name, subject) in best)
    found = ((look, next(sources(look, subject), None)) for look in looks for subject in subjects)
    return [row | {"look": look} for look, row in found if row]


def _plainness(row):
    """Sorts the drawings of a subject in a set: without skin tone, heaviest, named like the subject, shortest name first."""
    return bool(TONED.search(row["name"])), -row["weight"], row["name"] != row["subject"], len(row["name"]), row["id"]


def kin(row):
    """Drawings of equal kin are aligned: Fluent's 3d and flat drawings, and whatever is made from these."""
    return row["set"].removesuffix("-flat"), row["subject"]
