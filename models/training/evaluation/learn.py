"""Trains the judge on real renders, and examines it on others.

Drawings are seen moved, bent, recoloured and worn (augment.py); a part of every batch is mush (mush.py). One in 24 drawings
is kept back until KEPT_BACK of the time is over, when the judge is examined on them; then it learns these, too.
"""
import time
import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from data.looks import LOOKS
from evaluation import augment, judge as judging, mush
from evaluation.labels import noun
from evaluation.real import BUILD, open_all, unseen
from trainer.muon import orthogonal
from trainer.precision import half

PATH = Path(__file__).parent / "judges" / "judge.safetensors"
TEACHES = PATH.with_name("features.safetensors")  # another judge, for losses (`features`): what teaches must not judge
BATCH, MUSH = 128, 12  # pictures a step, and how many of them are mush
RATE, MUON_RATE, WEIGHT_DECAY, WARM_UP_STEPS = 3e-3, 0.02, 0.02, 100
KEPT_BACK = 0.7
AVERAGED = 0.995  # decay of the weights' average, which is the judge
SAVE_EVERY_S = 60
RECOLOURED, FLIPPED, GROUNDED = 0.6, 0.5, 0.12  # shares of pictures; GROUNDED: that are opaque
SIMPLE = 0.3  # share of the drawings, the simplest, that mush is not made from: a blurred disc is a disc


class Muon(torch.optim.Optimizer):
    """trainer.muon for convolutions: each kernel's momentum, as a matrix [out, in · taps], is orthogonalized."""

    def __init__(self, params, lr, momentum=0.95):
        super().__init__(list(params), dict(lr=lr, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                momentum.lerp_(p.grad, 1 - group["momentum"])
                update = orthogonal(p.grad.lerp(momentum, group["momentum"]).flatten(1)[None])[0]
                p.mul_(1 - group["lr"] * WEIGHT_DECAY).add_(update.view_as(p), alpha=-0.2 * group["lr"] * max(update.shape) ** 0.5)


class Lessons:
    """Numbered batches: a batch depends on its number, the judge's name, the drawings and `rows` (indices) alone."""

    def __init__(self, real, subjects, rows, name=PATH.stem):
        self.real, self.rows, self.name = real, torch.tensor(rows), name
        labels = [noun(row["subject"]) for row in real.rows]
        known = {label: k for k, label in enumerate(subjects)}
        self.subject = torch.tensor([known.get(label, -1) for label in labels])
        self.directed = torch.tensor([float(row["directed"]) for row in real.rows])
        self.nothing = known[judging.NOTHING]
        busy = _busy(real.pixels)
        self.sources = self.rows[busy[self.rows] > busy[self.rows].quantile(SIMPLE)]

    def batch(self, number):
        """Pictures [B, 4, S, S] and their subjects, -1 for none."""
        generator = torch.Generator().manual_seed(zlib.crc32(f"{self.name}/{number}".encode()))
        pick = lambda rows, count: rows[torch.randint(len(rows), (count,), generator=generator)]
        chosen = torch.cat([pick(self.sources, MUSH), pick(self.rows, BATCH - MUSH)])
        flips = 1 - 2 * (augment.uniform(generator, BATCH) < FLIPPED * (1 - self.directed[chosen])).float()
        pictures = torch.from_numpy(self.real.pixels[chosen.numpy(), :4]).float() / 255
        pictures = augment.place(pictures, generator, judging.SIDE, flips)
        pictures = augment.some(augment.recolour, RECOLOURED, pictures, generator)
        pictures = torch.cat([mush.make(pictures[:MUSH], generator), augment.some(augment.ground, GROUNDED, pictures[MUSH:], generator)])
        pictures = augment.wear(pictures, generator)
        subject = self.subject[chosen].clone()
        subject[:MUSH] = self.nothing
        return pictures, subject


def _busy(pixels):
    """How much there is to see in each drawing: the mean difference of neighbouring pixels."""
    few = torch.from_numpy(np.array(pixels[:, :4, ::2, ::2])).short()
    return torch.cat([part.diff(dim=-1).abs().float().mean((1, 2, 3)) for part in few.split(512)])


def loss_of(net, pictures, subject):
    where = pictures.device
    with half(where):
        _, names = net(judging.eyes(pictures).contiguous(memory_format=torch.channels_last))
    return F.cross_entropy(names.float(), subject, label_smoothing=0.05, ignore_index=-1)


def train(minutes, slice_minutes, note, path=PATH):
    """Trains the judge of `path`, whose name seeds it, for `minutes` in total while the rate falls to zero, at most `slice_minutes` of them in this call; a later call
    resumes. CPU time counts, so that other programs do not shorten the training. Returns whether the judge is finished."""
    torch.manual_seed(zlib.crc32(path.stem.encode()))
    real = open_all()
    subjects = [*sorted({noun(subject) for subject in real.subjects}), judging.NOTHING]
    net = judging.Judge(subjects).to(memory_format=torch.channels_last).train()
    average = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGED), use_buffers=True)
    kernels = [p for p in net.parameters() if p.ndim == 4]
    others = [p for p in net.parameters() if p.ndim < 4]
    optimizers = [Muon(kernels, MUON_RATE), torch.optim.AdamW(others, RATE, weight_decay=WEIGHT_DECAY, betas=(0.9, 0.98))]
    state_path, done = BUILD / f"{path.stem}.pt", {"step": 0, "seconds": 0.0, "unseen": None}
    if state_path.exists():
        state = torch.load(state_path, weights_only=True)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        for optimizer, kept in zip(optimizers, state["optimizers"]):
            optimizer.load_state_dict(kept)
        done = state["done"]
    seen = [k for k, row in enumerate(real.rows) if not unseen(row)]
    early = Lessons(real, subjects, seen, path.stem)
    late = Lessons(real, subjects, list(range(len(real.rows))), path.stem)
    keep = lambda: _keep(state_path, {"net": net.state_dict(), "average": average.state_dict(), "optimizers": [optimizer.state_dict() for optimizer in optimizers], "done": done})
    clock = time.process_time
    begin, saved, losses = clock(), clock(), []
    before = done["seconds"]
    while done["seconds"] < 60 * minutes:
        if done["seconds"] - before > 60 * slice_minutes:
            keep()
            return False
        share = done["seconds"] / (60 * minutes)
        if share > KEPT_BACK and done["unseen"] is None:
            done["unseen"] = examine_unseen(average.module, real)
            note(f"drawings that it never saw: {done['unseen']}")
        for optimizer, rate in zip(optimizers, (MUON_RATE, RATE)):
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1, (done["step"] + 1) / WARM_UP_STEPS) * (1 - share)
        loss = loss_of(net, *(early if done["unseen"] is None else late).batch(done["step"]))
        net.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(others, 5.0)
        for optimizer in optimizers:
            optimizer.step()
        average.update_parameters(net)
        losses.append(loss.detach())
        done |= {"step": done["step"] + 1, "seconds": before + clock() - begin}
        if done["step"] % 100 == 0:
            note(f"step {done['step']}, {done['step'] * BATCH} pictures, {done['seconds']:.0f} s, loss {torch.stack(losses).mean():.3f}")
            losses = []
        if clock() - saved > SAVE_EVERY_S:
            keep()
            saved = clock()
    keep()
    judging.save(path, average.module, {"pictures": done["step"] * BATCH, "drawings": len(real.rows), "unseen": done["unseen"]})
    return True


def _keep(path, state):
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    torch.save(state, partial)
    partial.replace(path)


def examine_unseen(net, real):
    """(right, count) of the subjects of the drawings that were kept back, as they are."""
    net.eval()
    kept = [k for k, row in enumerate(real.rows) if unseen(row) and row["look"] in LOOKS]
    findings = judging.look(net, [torch.from_numpy(real.pixels[k, :4]).float() / 255 for k in kept])
    rows = [real.rows[k] for k in kept]
    return sum(real.merges.same_subject(f.subject, row["subject"], row["look"]) for f, row in zip(findings, rows)), len(kept)
