"""Four steps without guidance, from a network that needs twenty with it.

Multistep consistency distillation on the sampler's own grid (after Heek et al., arXiv 2403.06807, and PeRFlow, arXiv
2405.07510). The student is only ever asked at the grid's few times. From each it must reach, in one Euler step, the
place where the teacher's guided path from the same picture arrives at the next time. The network reads no time: it
tells the few times apart by their noise. MeanFlow needs a second time as input and products of tangents that
flash attention does not offer; this needs neither.

Half of the starts are noisy data; the other half is where the student itself arrives from noise, so that it learns
to mend its own errors. Where a path starts from pure noise, no drawing is needed: there, half of the captions ask for
another style than the one at hand, of any combination. The teacher answers with `contrast`, which stresses the style
against the other one: what the words of a style mean is all that it has for a thing never drawn in it.
"""
import torch

from network.sampling import advance, guided, time_grid


@torch.no_grad()
def teach(teacher, x, condition, txt, empty, start, end, guidance, substeps, against=None, contrast=0.0):
    """Where the teacher's guided path from `x` at time `start` is at time `end`."""
    for i in range(substeps):
        now, then = (start + (end - start) * k / substeps for k in (i, i + 1))
        led = dict(scale=guidance, against=against, contrast=contrast) if 0.05 < now < 0.95 else dict(scale=1)
        x = advance(x, guided(teacher, x, condition, txt, empty, **led).float(), now, then)
    return x


@torch.no_grad()
def arrive(student, noise, condition, txt, times):
    """Where the student is after all of `times`, from pure noise."""
    x = noise
    for now, then in zip(times, times[1:]):
        x = advance(x, student(x, condition, txt).float(), now, then)
    return x


def aim(x, reached, start, end):
    """The clean picture whose Euler step leads from `x` at `start` to `reached` at `end`."""
    return x + (reached - x) * ((1 - start) / (end - start))


def exchange(tokens, against, first, generator):
    """Half of the rows from `first` on ask for what they stood against, and the other way round."""
    swap = torch.rand(len(tokens), generator=generator, device=tokens.device) < 0.5
    swap[:first] = False
    return torch.where(swap[:, None], against, tokens), torch.where(swap[:, None], tokens, against)


def segment(number, steps):
    """Which of the grid's steps batch `number` trains, and whether it starts from the student's own way."""
    times = time_grid(steps)
    k = number % steps
    return times[: k + 1], times[k + 1], (number // steps) % 2 == 1 and k > 0
