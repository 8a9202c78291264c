"""Draws edits: the picture to learn, the picture that is known or the reference, and the mask that says which."""
import torch
import torch.nn.functional as F

from scenes import ground_pixels, holes
from scenes.edits import KINDS
from scenes.pixels import render

MINIFIED = 0.7  # scale below which sprites are halved first, against aliasing
_CHANGE, _VARY, _INSERT = (KINDS.index(kind) for kind in ("change", "vary", "insert"))


@torch.no_grad()
def render_edits(bank, things, edits):
    """(picture [E, 4, S, S], known [E, 4, S, S], mask [E, 1, S, S]), pictures premultiplied in [0, 1].

    mask: 1 where `known` is the picture and must be kept, 0 where nothing is known, -1 where `known` is a reference.
    """
    thing = _placed(render(bank, things), edits.place)
    other = _placed(render(bank, edits.others), edits.other_place) * edits.beside.to(bank.device).view(-1, 1, 1, 1)
    ground = ground_pixels.draw(edits.ground.to(bank.device), edits.ground, bank.side, bank.side, bank.device)
    kind = edits.kind.to(bank.device).view(-1, 1, 1, 1)
    refers = (kind == _CHANGE) | (kind == _VARY)
    behind = torch.where(kind == _INSERT, _over(other, ground), ground)
    picture, reference = _over(thing, behind), _over(other, ground)
    missing = holes.holes(edits.hole, edits.numbers, torch.where(refers, torch.maximum(thing, other), thing)[:, 3])
    mask = torch.where(refers, -missing, torch.zeros_like(missing)) + (1 - missing)
    mirrored = edits.mirrored.to(bank.device).view(-1, 1, 1, 1)
    picture, reference, mask = (torch.where(mirrored, x.flip(-1), x) for x in (picture, reference, mask))
    return picture, torch.where(mask < 0, reference, picture), mask


def _over(front, back):
    return front + back * (1 - front[:, 3:])


def _placed(pictures, place):
    """Pictures [E, 4, S, S], moved and scaled; those at their usual place are not resampled."""
    place = place.to(pictures.device)
    out = pictures.clone()
    moved = (place != torch.tensor((0.0, 0.0, 1.0), device=place.device)).any(1)
    for halved in (False, True):
        chosen = (moved & ((place[:, 2] < MINIFIED) == halved)).nonzero().flatten()
        if not len(chosen):
            continue
        (x, y, scale), side = place[chosen].unbind(1), pictures.shape[-1]
        theta = torch.zeros(len(chosen), 2, 3, device=place.device)
        theta[:, 0, 0] = theta[:, 1, 1] = 1 / scale
        theta[:, 0, 2], theta[:, 1, 2] = -2 * x / scale, -2 * y / scale
        source = F.avg_pool2d(pictures[chosen], 2) if halved else pictures[chosen]
        sampled = F.grid_sample(source, F.affine_grid(theta, (len(chosen), 4, side, side), align_corners=False), mode="bicubic",
                                align_corners=False).clamp(0, 1)
        sampled[:, :3] = sampled[:, :3].minimum(sampled[:, 3:])
        out[chosen] = sampled
    return out
