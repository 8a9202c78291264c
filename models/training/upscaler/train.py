"""Trains the upscaler in slices that resume: a folder holds the caches, state.pt, upscaler.safetensors and log.jsonl."""
import copy
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from trainer.precision import half
from upscaler import inputs
from upscaler.objective import blended, steep
from upscaler.pairs import Pairs, real
from upscaler.srvgg import Srvgg, finish

RATE = 2e-4
BATCH = 4
EMA = 0.999
WARM_UP_STEPS = 100
REFRESH_S = 300  # seconds between two computations of the network's own 256² pictures
SAVE_S = 120
LOG_STEPS = 100


class Run:
    """Network, average, optimizer and progress of a folder; `start` is used where there is no state yet."""

    def __init__(self, folder, start=None, rate=RATE):
        self.folder, self.rate = Path(folder), rate
        state_path = self.folder / "state.pt"
        state = torch.load(state_path, weights_only=True) if state_path.exists() else None
        self.net = Srvgg(**state["config"]) if state else start
        self.net = self.net.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.net.parameters(), rate)
        self.progress = {"step": 0, "pairs": 0, "seconds": 0.0}
        if state:
            self.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.progress = state["progress"]

    def keep(self):
        state = {"config": self.net.config, "net": self.net.state_dict(), "average": self.average.state_dict(),
                 "optimizer": self.optimizer.state_dict(), "progress": self.progress}
        torch.save(state, self.folder / "state.part")
        os.replace(self.folder / "state.part", self.folder / "state.pt")
        export(self.folder / "upscaler.safetensors", self.average)

    def step(self, small, truth, weight, share, network, errors=blended):
        """One step at `share` of the run (0 to 1), which sets the rate; returns the loss."""
        generator = torch.Generator().manual_seed(self.progress["step"])
        colour = torch.rand(len(small), 3, 1, 1, generator=generator)
        with half(small.device):
            predicted = network(small.contiguous(memory_format=torch.channels_last))
        loss = steep(errors((predicted.float() - truth) * weight, colour))
        rate = self.rate * min(1, (self.progress["step"] + 1) / WARM_UP_STEPS) * falling(share)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.progress["step"] += 1
        self.progress["pairs"] += len(small)
        decay = min(EMA, self.progress["step"] / (self.progress["step"] + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - decay)
        return loss.item()


def falling(share):
    """The rate's factor: a quarter of a cosine, from 1 to 0."""
    return 0.5 + 0.5 * math.cos(math.pi * min(max(share, 0.0), 1.0))


def train(run, minutes, total, batch=BATCH, compiled=True, errors=blended, note=print):
    """Trains for `minutes` from this call; the rate reaches zero when the run has been trained for `total` minutes."""
    began, spent = time.time(), run.progress["seconds"]
    pairs = Pairs(run.folder, batch)
    network = torch.compile(run.net, dynamic=False) if compiled else run.net
    refreshed = saved = 0.0
    losses, marked, mark_time = [], run.progress["pairs"], time.time()
    note(f"{sum(p.numel() for p in run.net.parameters())} parameters, from step {run.progress['step']}")
    while (elapsed := time.time() - began) < minutes * 60 and (spent + elapsed) < total * 60:
        if time.time() - refreshed > REFRESH_S:
            pairs.own = own(run.average, pairs)
            refreshed = time.time()
        losses.append(run.step(*pairs[run.progress["step"]], (spent + elapsed) / (total * 60), network, errors))
        run.progress["seconds"] = spent + time.time() - began
        if run.progress["step"] % LOG_STEPS == 0:
            now, loss = time.time(), sum(losses) / len(losses)
            if not math.isfinite(loss):
                raise SystemExit("the loss is not finite: resume from state.pt with a lower rate")
            entry = dict(run.progress, loss=round(loss, 5), pairs_s=round((run.progress["pairs"] - marked) / (now - mark_time), 1))
            with (run.folder / "log.jsonl").open("a") as log:
                log.write(json.dumps(entry | {"seconds": round(entry["seconds"])}) + "\n")
            losses, marked, mark_time = [], run.progress["pairs"], now
        if time.time() - saved > SAVE_S:
            run.keep()
            saved = time.time()
    run.keep()
    note(f"step {run.progress['step']}, {run.progress['pairs']} pairs, {run.progress['seconds'] / 60:.1f} of {total} minutes")


@torch.no_grad()
def own(net, pairs):
    """What `net` makes of the drawings that have large renders, from clean and cleaned inputs in turn: uint8 [M, 4, 256, 256]."""
    made = []
    for row in range(len(pairs.large)):
        copies = pairs.cleaned[row] if row < len(pairs.cleaned) else ()
        pick = (row + pairs.seed) % (len(copies) + 1)
        small = real(copies[pick]) if pick < len(copies) else torch.nn.functional.avg_pool2d(real(pairs.truths[row]), 4)
        with half(small.device):
            large = net(small[None].contiguous(memory_format=torch.channels_last)).float()
        made.append(inputs.bytes_of(large)[0].numpy())
    return np.stack(made)


def export(path, net):
    """Writes the weights in f16 by upstream's names, with the sizes as JSON in the metadata, replacing the file at once."""
    weights = {name: value.to(torch.float16).contiguous() for name, value in net.state_dict().items()}
    save_file(weights, path.with_suffix(".part"), metadata={"architecture": "srvgg", "config": json.dumps(net.config)})
    os.replace(path.with_suffix(".part"), path)


def load(path):
    """An exported network."""
    with safe_open(path, "pt") as file:
        net = Srvgg(**json.loads(file.metadata()["config"]))
    net.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return net.eval().requires_grad_(False)
