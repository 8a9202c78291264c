"""Distils a network that needs twenty steps with guidance to a few steps without it.

The method is multistep consistency distillation on the sampler's grid (after Heek et al., arXiv 2403.06807, and PeRFlow,
arXiv 2405.07510). The student is evaluated only at the grid's few times; the network has no time input, it distinguishes
them by their noise. MeanFlow would need a second time input, and Jacobian-vector products.

There are three kinds of starting points:
  data   a drawing with noise, at any time but 0: the student learns the drawing itself. A quarter of the way settles which
         drawing it is, so nothing that the teacher could say is better, and no pass of the teacher is needed.
  noise  time 0: one Euler step must lead to the point that the teacher's guided path reaches at the next time.
  own    a point that the student reaches from noise, so that it learns to correct its own errors: likewise.
A path from noise needs no drawing; there, half of the captions name another look or another colour than the drawing's, in
any combination with the subject. The teacher then uses `contrast`, which emphasizes what the caption says against what
the drawing's says, because for a thing never drawn in a look it knows only the meaning of the look's words.
"""
from typing import NamedTuple

import torch

from network.sampling import advance, guided


class Segment(NamedTuple):
    """A step of the grid that a batch trains: times up to its start, its end, and the kind of starting point."""
    times: list
    end: float
    kind: str


def segment(number, grid):
    """The segment of batch `number`. grid: times of the sampler's steps, from 0 to 1."""
    k = number % (len(grid) - 1)
    kind = "noise" if k == 0 else ("data", "own")[number // (len(grid) - 1) % 2]
    return Segment(grid[: k + 1], grid[k + 1], kind)


@torch.no_grad()
def teach(teacher, x, condition, txt, empty, start, end, guidance, substeps, against=None, contrast=0.0):
    """The point at time `end` on the teacher's guided path from `x` at time `start`."""
    for i in range(substeps):
        now, then = (start + (end - start) * k / substeps for k in (i, i + 1))
        led = dict(scale=guidance, against=against, contrast=contrast) if 0.05 < now < 0.95 else dict(scale=1)
        x = advance(x, guided(teacher, x, condition, txt, empty, **led).float(), now, then)
    return x


@torch.no_grad()
def arrive(student, noise, condition, txt, times):
    """The point that the student reaches from pure noise after all of `times`."""
    x = noise
    for now, then in zip(times, times[1:]):
        x = advance(x, student(x, condition, txt).float(), now, then)
    return x


def aim(x, reached, start, end):
    """The clean picture whose Euler step leads from `x` at `start` to `reached` at `end`."""
    return x + (reached - x) * ((1 - start) / (end - start))


def exchange(tokens, against, first, generator):
    """Swaps `tokens` and `against` in a random half of the rows from `first` on."""
    swap = torch.rand(len(tokens), generator=generator, device=tokens.device) < 0.5
    swap[:first] = False
    return torch.where(swap[:, None], against, tokens), torch.where(swap[:, None], tokens, against)
