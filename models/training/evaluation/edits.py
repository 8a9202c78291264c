"""Measures edits of held-out things (scenes.edits.cases), on the drawn side, with the drawings themselves as a reference.

hole       mean square error of what was missing, in [-1, 1]: inpaint, extend
slope      differences of neighbouring pixels across the hole's edge, relative to the drawing's own: 1 is seamless
inserted   share of insertions that are nearer to the drawing than to seven others at the same place
colour     share of changes to a told colour that have it
look       share of changes to another look that are nearer to it than to the look that was there
overlap    intersection over union of the changed thing's alpha and the drawing's

An editor is a function (captions, known [E, 4, S, S], mask [E, 1, S, S]) → pictures [E, 4, S, S], premultiplied in [0, 1]; mask as in
`scenes.render_edits`. Two editors need no network: `perfect` returns the truth, and `copy` leaves holes as they are.
"""
import random
from dataclasses import dataclass, field, replace

import torch

from evaluation import colour as colouring
from scenes import cases, render_edits

PER_KIND = 60
RIVALS = 7  # other drawings to which an insertion is compared
MEASURES = ("hole", "slope", "inserted", "colour", "look", "overlap")


@dataclass
class Case:
    """One edit, its truth, and what an editor made of it."""
    kind: str
    caption: str
    facts: dict
    truth: torch.Tensor
    known: torch.Tensor
    mask: torch.Tensor
    opaque: bool
    recoloured: bool
    rivals: list = field(default_factory=list)  # of an insertion: the same with other drawings
    values: dict = field(default_factory=dict)  # what was right at last


def collect(world, bank, per_kind=PER_KIND):
    """The fixed cases, as a list of Case."""
    found = []
    for kind, (things, edits) in cases(world, per_kind).items():
        if kind == "return" or not len(things):  # known pixels are put back: nothing to measure
            continue
        truth, known, mask = render_edits(bank, things, edits)
        rivals = [render_edits(bank, others, edits)[0] for others in _rivals(world, things)] if kind == "insert" else []
        for k, facts in enumerate(things.facts):
            opaque = bool((truth[k, 3] > 0.99).float().mean() > 0.98)
            same = int(edits.others.drawing[k]) == int(things.drawing[k])
            found.append(Case(kind, things.captions[k], facts, truth[k], known[k], mask[k], opaque, same, [other[k] for other in rivals]))
    return found


def _rivals(world, things):
    """RIVALS times the same things, as other subjects of the same look."""
    rng, options = random.Random(0), []
    for facts in things.facts:
        others = [k for k, row in enumerate(world.rows) if row["look"] == facts["look"] and row["subject"] != facts["subject"]]
        options.append(rng.choices(others, k=RIVALS))
    return [replace(things, drawing=torch.tensor(drawing)) for drawing in zip(*options)]


def perfect(found):
    """An editor for `measure` that returns the truth."""
    return torch.stack([case.truth for case in found])


def copy(found):
    """An editor for `measure` that returns what is known, references among them."""
    return torch.stack([case.known * (case.mask != 0) for case in found])


def hole_error(made, truth, mask):
    """Mean square error in [-1, 1] where the mask is 0; NaN without a hole."""
    missing = (mask == 0).expand_as(made)
    return (4 * (made - truth)[missing].square().mean()).item() if missing.any() else float("nan")


def slopes(picture, mask):
    """Sum of absolute differences of neighbouring pixels on both sides of the hole's edge, and their number."""
    total, count = 0.0, 0
    for dim in (1, 2):
        across = mask.diff(dim=dim).abs() > 0
        total += (picture.diff(dim=dim).abs().mean(0, keepdim=True) * across).sum().item()
        count += int(across.sum())
    return total, count


def inserted(case, picture):
    """Whether the hole is nearer to the drawing than to every rival."""
    missing = case.mask == 0
    distances = (4 * (torch.stack([case.truth, *case.rivals]) - picture) * missing).square().sum((1, 2, 3))
    return int(distances.argmin()) == 0


def judged(case, picture):
    """What is right about a case's thing in a picture: measure → bool."""
    if case.kind == "insert":
        return {"inserted": inserted(case, picture)}
    if case.kind == "change" and case.recoloured and not case.opaque:
        return {"colour": colouring.told(picture, case.facts["colour"], case.facts["look"])}
    if case.kind == "change" and not case.recoloured:
        wanted, present = ((picture - other).square().sum().item() for other in (case.truth, case.known))
        return {"look": wanted < present}
    return {}


def measure(found, made):
    """measure → (value, count) of pictures [N, 4, S, S] of the cases."""
    values = {name: [] for name in MEASURES}
    slope_made = slope_true = 0.0
    for case, picture in zip(found, made):
        if case.kind in ("inpaint", "extend"):
            values["hole"].append(hole_error(picture, case.truth, case.mask))
        if case.kind in ("inpaint", "extend", "insert"):
            slope_made += slopes(picture, case.mask)[0]
            slope_true += slopes(case.truth, case.mask)[0]
        if case.kind == "change" and not case.opaque:
            one, other = picture[3] > 0.5, case.truth[3] > 0.5
            values["overlap"].append(((one & other).sum() / (one | other).sum().clamp(min=1)).item())
        case.values = judged(case, picture)
        for name, right in case.values.items():
            values[name].append(float(right))
    values["slope"] = [slope_made / slope_true] if slope_true else []
    known = {name: [value for value in list_ if value == value] for name, list_ in values.items()}
    return {name: (sum(list_) / len(list_), len(list_)) for name, list_ in known.items() if list_}
