"""Distils a network that needs twenty steps with guidance to four steps without it.

The method is multistep consistency distillation on the sampler's grid (after Heek et al., arXiv 2403.06807, and PeRFlow,
arXiv 2405.07510). The student is evaluated only at the grid's few times. From each, one Euler step must lead to the point
that the teacher's guided path from the same picture reaches at the next time. The network has no time input; it
distinguishes the few times by their noise. MeanFlow would need a second time input, and Jacobian-vector products, which
flash attention does not support.

Half of the starting points are noisy data. The other half are points that the student reaches from noise, so that it learns
to correct its own errors. A path from pure noise needs no drawing; there, half of the captions name another style than the
drawing's, in any combination with the subject. The teacher then uses `contrast`, which emphasizes the style against the
other one, because for a thing never drawn in a style it knows only the meaning of the style's words.
"""
import torch

from network.sampling import advance, guided, time_grid


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


def segment(number, steps):
    """The grid step that batch `number` trains: times up to its start, its end, and whether it starts on the student's path."""
    times = time_grid(steps)
    k = number % steps
    return times[: k + 1], times[k + 1], (number // steps) % 2 == 1 and k > 0
