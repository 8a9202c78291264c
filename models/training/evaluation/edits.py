"""Measures edits of held-out things (scenes.edits.cases), on the drawn side, with the drawings themselves as a reference.

hole       mean square error of what was missing, in [-1, 1]: inpaint, extend
slope      differences of neighbouring pixels across the hole's edge, relative to the drawing's own: 1 is seamless
inserted   share of inserted things that the judge names
colour     share of changes to a told colour that have it
look       share of changes to another look that have it
overlap    intersection over union of the changed thing's alpha and the drawing's
returned   mean square error where nothing was to be changed

An editor is a function (captions, known [E, 4, S, S], mask [E, 1, S, S]) → pictures [E, 4, S, S], premultiplied in [0, 1]; mask as in
`scenes.render_edits`. Two editors need no network: `perfect` returns the truth, and `copy` leaves holes as they are.
"""
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from evaluation import augment, colour as colouring, judge as judging, style
from scenes import cases, render_edits

PER_KIND = 60
MARGIN = 0.15  # around an inserted thing's hole, relative to its side, when the judge looks at it
MEASURES = ("hole", "slope", "inserted", "colour", "look", "overlap", "returned")


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
    values: dict = field(default_factory=dict)  # what the judge said at last


def collect(world, bank, per_kind=PER_KIND):
    """The fixed cases, as a list of Case."""
    found = []
    for kind, (things, edits) in cases(world, per_kind).items():
        if not len(things):
            continue
        truth, known, mask = render_edits(bank, things, edits)
        for k, facts in enumerate(things.facts):
            opaque = bool((truth[k, 3] > 0.99).float().mean() > 0.98)
            same = int(edits.others.drawing[k]) == int(things.drawing[k])
            found.append(Case(kind, things.captions[k], facts, truth[k], known[k], mask[k], opaque, same))
    return found


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


def around(picture, mask, side=judging.SIDE):
    """The square around a hole, at the judge's side."""
    down, across = (mask[0] == 0).nonzero().T
    middle = (down.min() + down.max() + 1) / 2, (across.min() + across.max() + 1) / 2
    reach = max(down.max() - down.min(), across.max() - across.min()).item() * (0.5 + MARGIN)
    step = torch.linspace(-reach, reach, side)
    height = picture.shape[-1]
    y, x = ((center.item() + step) / height * 2 - 1 for center in middle)
    grid = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1)[None]
    return augment.valid(F.grid_sample(picture[None], grid, mode="bicubic", align_corners=False))[0]


def judged(case, picture, net, drawn):
    """What is right about a case's thing in a picture: measure → bool. drawn: all drawings."""
    subject, look = case.facts["subject"], case.facts["look"]
    if case.kind == "insert":
        finding, = judging.look(net, [around(picture, case.mask)])
        return {"inserted": drawn.merges.same_subject(finding.subject, subject, look)}
    if case.kind == "change" and case.recoloured and not case.opaque:
        return {"colour": colouring.told(picture, case.facts["colour"], look)}
    if case.kind == "change" and not case.recoloured:
        return {"look": style.nearest(picture, subject, drawn) == look}
    return {}


def measure(found, made, net, drawn):
    """measure → (value, count) of pictures [N, 4, S, S] of the cases."""
    values = {name: [] for name in MEASURES}
    slope_made = slope_true = 0.0
    for case, picture in zip(found, made):
        if case.kind in ("inpaint", "extend"):
            values["hole"].append(hole_error(picture, case.truth, case.mask))
        if case.kind in ("inpaint", "extend", "insert"):
            slope_made += slopes(picture, case.mask)[0]
            slope_true += slopes(case.truth, case.mask)[0]
        if case.kind == "return":
            values["returned"].append((4 * (picture - case.truth).square().mean()).item())
        if case.kind == "change" and not case.opaque:
            one, other = picture[3] > 0.5, case.truth[3] > 0.5
            values["overlap"].append(((one & other).sum() / (one | other).sum().clamp(min=1)).item())
        case.values = judged(case, picture, net, drawn)
        for name, right in case.values.items():
            values[name].append(float(right))
    values["slope"] = [slope_made / slope_true] if slope_true else []
    known = {name: [value for value in list_ if value == value] for name, list_ in values.items()}
    return {name: (sum(list_) / len(list_), len(list_)) for name, list_ in known.items() if list_}
