"""Trains a run until a limit, with saves from which an interrupted run resumes."""
import math
import time
from typing import NamedTuple

import torch

from network.mmjit import flops
from network.objective import noisy, times, velocity_loss
from scenes import Bank
from trainer.core import Core
from trainer.feed import Batches, feed
from trainer.lessons import Lessons
from trainer.precision import half

WARM_UP_STEPS = 100


class Limit(NamedTuple):
    """When training ends; None: not by this count."""
    minutes: float | None = None
    pictures: int | None = None
    steps: int | None = None

    def share(self, seconds, pictures, steps):
        """How much of the way is done, 1 at the end."""
        counts = ((seconds / 60, self.minutes), (pictures, self.pictures), (steps, self.steps))
        return max((done / limit for done, limit in counts if limit), default=0.0)


def falling(share, decay):
    """The share of the learning rate: 1, then 1 - sqrt over the last `decay` of the way (arXiv 2405.18392)."""
    return 1.0 - math.sqrt(min(1.0, max(0.0, (share - (1 - decay)) / decay))) if decay else 1.0


class Stepper:
    """Takes steps of a run. `features(clean, data, t)`: a further loss (see `features`), or None."""

    def __init__(self, run, compiled=True, features=None):
        self.run, self.features, self.core = run, features, Core(run.net, compiled)
        self.loss = torch.compile(velocity_loss, dynamic=False) if compiled else velocity_loss

    def __call__(self, lesson, share):
        """Returns the loss on the device; `share` of the learning rates."""
        run, training, noise = self.run, self.run.config["training"], self.run.config["picture"]["noise"]
        generator = torch.Generator(run.device).manual_seed(run.progress["step"] * 7919 + 17)
        t = times(len(lesson.data), training["times"], generator, run.device)
        mixed = noisy(lesson.data, t, noise, generator)
        with half(run.device):
            with torch.set_grad_enabled(training["text"]):
                txt = self.core.encode(lesson.tokens)
            clean = self.core.picture(mixed, lesson.condition, txt).float()
        seen = clean.detach().requires_grad_()
        loss = self.loss(seen, lesson.data, t, lesson.weight, training["sharp"])
        slope, = torch.autograd.grad(loss, seen)
        if self.features:
            slope = slope + self.features(clean.detach(), lesson.data, t, slope)
        if run.hardness:
            self.note(lesson, t, clean.detach())
        clean.backward(slope)
        run.optimizers.step(share * min(1.0, (run.progress["step"] + 1) / WARM_UP_STEPS))
        run.averages.update(run.progress["step"])
        run.progress["step"] += 1
        run.progress["seen"] += len(lesson.data)
        return loss.detach()


    def note(self, lesson, t, clean):
        """Tells the run's Hardness the errors of pictures that were drawn from text alone."""
        plain = (lesson.tokens > 0).any(1) & (lesson.condition[:, 0] == 0).flatten(1).all(1)
        error = (clean - lesson.data).square().mean((1, 2, 3))
        self.run.hardness.note(lesson.drawing[plain].cpu(), t.flatten()[plain].cpu(), error[plain].cpu())


def train(run, world, sprites, limit, *, origin=None, decay=0.0, workers=0, save_every=540, log_every=50, compiled=True, exam=None,
          features=None, stop=lambda: False):
    """Trains until `limit`, counted from `origin` (`run.counts()` of then; else now), or until `stop()`; in the final share `decay` of the way the learning rate falls to zero, which
    released weights need. Returns whether the limit was reached.

    exam: an `Exam`, taken with every sheet; save_every: seconds between saves; log_every: steps between log lines.
    """
    config, progress = run.config, run.progress
    origin = origin or run.counts()
    batch = config["training"]["batch"]
    step = Stepper(run, compiled, features)
    batches = Batches(world, run.folder / "tokenizer.json", config, seed=1, batch=batch)
    work = 3 * flops(config, (config["picture"]["side"] // run.net.patch) ** 2)  # forward, and twice as much backward
    parameters = sum(p.numel() for p in run.net.parameters()) / 1e6
    print(f"{parameters:.1f}M parameters, {len(world.rows)} drawings, from step {progress['step']} ({progress['seen']} pictures); "
          f"{work / 1e9:.1f} GFLOP a picture", flush=True)
    begin, first, before = time.time(), progress["step"], progress["seconds"]
    losses, marked = [], (first, begin)
    saved, reached = begin, False
    if run.hardness:
        world.reweigh(run.hardness.factors(world.rows))
    for lesson in Lessons(Bank(sprites, device=run.device), feed(batches, first, workers), run.device):
        progress["seconds"] = before + time.time() - begin
        share = limit.share(*(progress[key] - origin[key] for key in ("seconds", "seen", "step")))
        reached = share >= 1
        if reached or stop():
            break
        losses.append(step(lesson, falling(share, decay)))
        if progress["step"] % log_every == 0:
            now = time.time()
            loss = torch.stack(losses).mean().item()
            speed = (progress["step"] - marked[0]) * batch / (now - marked[1])
            run.log.write(dict(step=progress["step"], seen=progress["seen"], loss=round(loss, 4), rate=round(falling(share, decay), 3),
                               pictures_s=round(speed, 1), tflop_s=round(speed * work / 1e12, 3), seconds=round(progress["seconds"])))
            if not math.isfinite(loss):
                raise SystemExit("the loss is not finite: resume from state.pt with a lower learning rate")
            losses, marked = [], (progress["step"], now)
        if time.time() - saved > save_every:
            run.keep()
            if run.hardness:  # feeds with workers have copies of the world, and learn of it at the next start
                world.reweigh(run.hardness.factors(world.rows))
            if exam and exam.due(progress["seconds"]):
                exam.take(run)
                run.draw_sheet()
            saved = time.time()
            marked = progress["step"], saved
    run.keep()
    print(f"{'done' if reached else 'stopped'}: step {progress['step']}, {progress['seen']} pictures, {time.time() - begin:.0f} s", flush=True)
    return reached
