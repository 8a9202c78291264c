"""Trains the upscaler; a stopped run resumes. Its folder holds the caches, state.pt, log.jsonl, latest.safetensors and, once the
run is complete, upscaler.safetensors."""
import copy
import json
import math
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from trainer.precision import half
from upscaler import inputs
from upscaler.objective import TEACHER, blended, doubted, steep
from upscaler.pairs import Pairs, real
from upscaler.srvgg import Srvgg, settle

RATE = 5e-3  # of a tensor's size: the published first layer is 300 times as large as the last one, and one rate for all
# would leave it, and with it the weights that read alpha, as they were
SIZE_MIN = 1e-3
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
        self.optimizer = torch.optim.Adam([{"params": [p], "size": size(p)} for p in self.net.parameters()])
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
        export(self.folder / "latest.safetensors", self.average)

    def step(self, batch, share, network, teacher, errors=blended):
        """One step on a batch of `Pairs` at `share` of the run (0 to 1), which sets the rate; returns the loss."""
        small, truth, weight, noisy = batch
        generator = torch.Generator().manual_seed(self.progress["step"])
        colour = torch.rand(len(small), 3, 1, 1, generator=generator)
        with half(small.device):
            predicted = settle(network(small.contiguous(memory_format=torch.channels_last)).float(), small)
        losses = steep(errors((predicted - truth) * weight, colour))
        if noisy.any():
            with half(small.device):
                taught = doubted(predicted[noisy], small[noisy], teacher, colour[noisy])
            losses = losses.where(~noisy, (1 - TEACHER) * losses)
            losses = losses.index_add(0, noisy.nonzero().flatten(), taught, alpha=TEACHER)
        loss = losses.mean()
        rate = self.rate * min(1, (self.progress["step"] + 1) / WARM_UP_STEPS) * falling(share)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["size"]
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.progress["step"] += 1
        self.progress["pairs"] += len(small)
        decay = min(EMA, self.progress["step"] / (self.progress["step"] + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - decay)
        return loss.item()


def size(tensor):
    """The root mean square of a tensor's values, not less than SIZE_MIN."""
    return max(tensor.detach().square().mean().sqrt().item(), SIZE_MIN)


def falling(share):
    """The rate's factor: half a cosine wave, from 1 to 0."""
    return 0.5 + 0.5 * math.cos(math.pi * min(max(share, 0.0), 1.0))


def train(run, teacher, minutes, piece=math.inf, batch=BATCH, compiled=True, errors=blended, note=print):
    """Trains until the run has had `minutes`, when the rate reaches zero; at most `piece` minutes in this call. SIGTERM ends
    it early. teacher: the published network. Returns whether the run is complete."""
    began, spent = time.time(), run.progress["seconds"]
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    pairs = Pairs(run.folder, batch)
    network = torch.compile(run.net, dynamic=False) if compiled else run.net
    refreshed = saved = 0.0
    losses, marked, mark_time = [], run.progress["pairs"], time.time()
    note(f"{sum(p.numel() for p in run.net.parameters())} parameters, from step {run.progress['step']}")
    while not stopped.is_set() and (elapsed := time.time() - began) < piece * 60 and spent + elapsed < minutes * 60:
        if time.time() - refreshed > REFRESH_S:
            pairs.own = own(run.average, pairs, run.progress["step"])
            refreshed = time.time()
        losses.append(run.step(pairs[run.progress["step"]], (spent + elapsed) / (minutes * 60), network, teacher, errors))
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
    run.progress["seconds"] = spent + time.time() - began
    run.keep()
    note(f"step {run.progress['step']}, {run.progress['pairs']} pairs, {run.progress['seconds'] / 60:.1f} of {minutes} minutes")
    complete = run.progress["seconds"] >= minutes * 60
    if complete:
        export(run.folder / "upscaler.safetensors", run.average)
    return complete


@torch.no_grad()
def own(net, pairs, turn):
    """What `net` makes of the drawings that have large renders, from clean and cleaned inputs in turn: uint8
    [M, 4, 256, 256]. Another `turn` takes other inputs."""
    made = []
    for row in range(len(pairs.large)):
        copies = pairs.cleaned[row] if row < len(pairs.cleaned) else ()
        pick = (row + turn) % (len(copies) + 1)
        small = real(copies[pick]) if pick < len(copies) else F.avg_pool2d(real(pairs.truths[row]), 4)
        with half(small.device):
            large = net(small[None].contiguous(memory_format=torch.channels_last)).float()
        made.append(inputs.bytes_of(settle(large, small[None]))[0].numpy())
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
