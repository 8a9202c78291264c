"""Measures a run on fixed things and fixed noise, which no batch of training shares by number, for both averages.

x-MSE by time and look: error of one prediction of the clean picture, in [-1, 1]².
Pictures of a few plain steps, against the drawing that the caption describes (shifts up to 3 px are allowed):
  faithful    share with a distance below .06: the thing itself
  off         share with a distance above .25: another thing
  seams       slope between patches relative to the slope within them, divided by the same ratio of the drawings (1: none)
  haze        mean alpha where the drawing has none within 3 px, in percent
  hue         median error of the hue in bodies that were given a colour, in degrees
Also row movement: median distance of the rows of names from their start, relative to the rows' size.
"""
import json
import random
import time

import torch
import torch.nn.functional as F

from network import sample
from network.objective import noisy
from scenes import Bank, pack, render
from trainer import checkpoint
from trainer.core import Core
from trainer.optimizers import TABLE
from trainer.precision import half

TIMES = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9)
FAITHFUL, OFF, SHIFT = 0.06, 0.25, 3
COUNT, BATCH, STEPS = 512, 64, 4
SEED = "exam"


class Exam:
    """every: seconds of training between two exams."""

    def __init__(self, world, sprites, config, count=COUNT, every=1800):
        self.config, self.every, self.last = config, every, -every
        rng = random.Random(SEED)
        self.things = [world.draw(rng) for _ in range(count)]
        bank, batch = Bank(sprites), pack(self.things)
        self.data = render(bank, batch) * 2 - 1  # [N, 4, H, W]
        own = pack([thing._replace(colour=None) for thing in self.things])
        self.changed = batch.changed
        # The recoloured pixels, whatever rule recolours.
        self.body = ((self.data - (render(bank, own) * 2 - 1)).abs().amax(1) > 0.02) & (self.data[:, 3] > 0.8)

    def due(self, seconds):
        return seconds - self.last >= self.every

    def take(self, run):
        """Writes a line into exam.jsonl and chooses the better average."""
        begin, patch = time.time(), run.net.patch
        self.last = run.progress["seconds"]
        tokens = run.tokenizer.encode_batch([thing.caption for thing in self.things], self.config["text"]["length"])
        row = {"step": run.progress["step"], "seen": run.progress["seen"]}
        for name, net in run.averages.nets.items():
            core = Core(net, compiled=False)
            row[name] = self.errors(core, tokens, run.device) | self.drawn(core, tokens, run.device, patch)
        row["moved"] = self.moved(run)
        run.better = min(run.averages.nets, key=lambda name: sum(row[name]["mse"].values()))
        row |= {"better": run.better, "took_s": round(time.time() - begin, 1)}
        with open(run.folder / "exam.jsonl", "a") as log:
            log.write(json.dumps(row) + "\n")
        return row

    @torch.no_grad()
    def errors(self, core, tokens, where):
        """x-MSE by time, and by look."""
        by_look, by_time = {}, {}
        for t in TIMES:
            generator, found = torch.Generator(where).manual_seed(7), []
            for first in range(0, len(self.data), BATCH):
                part = slice(first, first + BATCH)
                data = self.data[part].to(where)
                with half(where):
                    txt = core.encode(tokens[part].to(where))
                    clean = core.picture(noisy(data, t, self.config["picture"]["noise"], generator), None, txt)
                found.append((clean.float() - data).square().mean((1, 2, 3)).cpu())
            found = torch.cat(found)
            by_time[str(t)] = round(found.mean().item(), 4)
            for error, thing in zip(found.tolist(), self.things):
                by_look.setdefault(thing.facts["look"], []).append(error)
        return {"mse": by_time, "looks": {look: round(sum(all_) / len(all_), 4) for look, all_ in sorted(by_look.items())}}

    def drawn(self, core, tokens, where, patch):
        size = self.data.shape[-2:]
        with half(where):
            pictures = sample(core.net, tokens.to(where), size, steps=STEPS, guidance=1, noise=self.config["picture"]["noise"],
                              seed=11, batch=BATCH, core=core).float().cpu().clamp(-1, 1)
        distance = shifted_distance(pictures, self.data)
        empty = F.max_pool2d(self.data[:, 3:] + 1, 2 * SHIFT + 1, stride=1, padding=SHIFT) < 1 / 128
        hue = hue_errors(pictures, self.data, self.body & self.changed[:, None, None])
        faithful = {}
        for near, thing in zip((distance < FAITHFUL).tolist(), self.things):
            faithful.setdefault(thing.facts["look"], []).append(near)
        return {"faithful": percent(distance < FAITHFUL), "off": percent(distance > OFF), "distance": round(distance.mean().item(), 4),
                "faithful_by_look": {look: round(100 * sum(all_) / len(all_)) for look, all_ in sorted(faithful.items())},
                "seams": round(seams(pictures, patch) / seams(self.data, patch), 3),
                "haze": round(50 * (pictures[:, 3:] + 1)[empty].mean().item(), 2),
                "hue": None if hue is None else round(hue, 1)}

    def moved(self, run):
        """The table of the first exam lies in rows.safetensors; rows that came later are left out."""
        path, table = run.folder / "rows.safetensors", run.net.state_dict()[TABLE].cpu()
        if not path.exists():
            checkpoint.publish(path, {"rows": table})
        begun = checkpoint.load_file(path)["rows"].float()
        first = run.tokenizer.pieces if run.tokenizer.names else 0
        away = (table[: len(begun)] - begun).norm(dim=-1) / begun.norm(dim=-1).clamp(min=1e-6)
        return round(away[first:].median().item(), 4)


def percent(which):
    return round(100 * which.float().mean().item(), 1)


def shifted_distance(pictures, data, shift=SHIFT):
    """Mean square distance [N] of pictures to drawings at the best shift of up to `shift` pixels both ways."""
    padded = F.pad(pictures, (shift,) * 4, value=-1.0)
    height, width = data.shape[-2:]
    best = torch.full((len(data),), float("inf"))
    for y in range(2 * shift + 1):
        for x in range(2 * shift + 1):
            best = torch.minimum(best, (padded[..., y : y + height, x : x + width] - data).square().mean((1, 2, 3)))
    return best


def seams(pictures, patch):
    """Mean slope across the borders of patches, relative to the mean slope elsewhere."""
    ratios = []
    for axis in (-1, -2):
        slope = pictures.diff(dim=axis).abs()
        border = torch.arange(slope.shape[axis]) % patch == patch - 1
        along = lambda which: slope.index_select(axis, which.nonzero().flatten()).mean()
        ratios.append(along(border) / along(~border))
    return (sum(ratios) / 2).item()


def hue_errors(pictures, data, body):
    """Median over pictures of the angle in degrees between the mean chroma of both within `body` [N, H, W] (OKLab), where the
    drawing has chroma there; None without such pictures."""
    from data import oklab
    errors = []
    for picture, drawing, where in zip(pictures, data, body):
        if where.sum() < 64:
            continue
        chroma = []
        for one in (picture, drawing):
            rgba = ((one[:, where] + 1) / 2).clamp(0, 1)  # [4, P]
            rgb = (rgba[:3] / rgba[3:].clamp(min=0.5)).clamp(0, 1).T
            chroma.append(oklab.from_rgb(rgb)[:, 1:].mean(0))
        if chroma[1].norm() < 0.04:
            continue
        cosine = F.cosine_similarity(chroma[0], chroma[1], dim=0).clamp(-1, 1)
        errors.append(torch.rad2deg(torch.acos(cosine)).item())
    return sorted(errors)[len(errors) // 2] if errors else None
