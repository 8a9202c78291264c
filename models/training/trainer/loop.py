"""Trains for a given wall time, with checkpoints from which an interrupted run resumes."""
import copy
import json
import math
import os
import time
from pathlib import Path

import torch

from network import MmJit, sample
from network.mmjit import TEXT_ENCODER, flops
from network.objective import noisy, times, velocity_loss
from scenes import Bank
from text.tokenizer import Tokenizer
from trainer import checkpoint, report
from trainer.feed import Batches, feed
from trainer.lessons import Lessons
from trainer.muon import optimizers
from trainer.precision import half
from trainer.presets import HERE

WARM_UP_STEPS = 200


def device():
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Run:
    """A run: its folder, the network, the averaged network and the progress."""

    def __init__(self, folder, config, text, init=None):
        self.folder, self.config, self.device = Path(folder), config, device()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = report.Log(self.folder)
        torch.manual_seed(0)
        self.net = MmJit(config).to(self.device)
        text = Path(text)
        missing = checkpoint.begin_from(text / "encoder.safetensors", self.net)
        if any(name.startswith(TEXT_ENCODER) for name in missing):
            raise SystemExit(f"{text} does not contain the text encoder of this preset: run teach_text.py for it")
        self.tokenizer_path = self.folder / "tokenizer.json"
        self.tokenizer_path.write_bytes((text / "tokenizer.json").read_bytes())
        (self.folder / "preset.json").write_text(json.dumps(config, indent=1))
        self.text_learns = config["training"].get("text", False)
        for name, p in self.net.named_parameters():
            p.requires_grad = self.text_learns or not name.startswith(TEXT_ENCODER)
        if init:
            print(f"from {init}; new: {checkpoint.begin_from(init, self.net) or 'nothing'}", flush=True)
        self.ema = copy.deepcopy(self.net).requires_grad_(False)
        self.optimizers = optimizers(self.net, config["training"]["rate"])
        self.progress = {"step": 0, "seen": 0, "seconds": 0.0}
        if (self.folder / "state.pt").exists():
            self.progress = checkpoint.load(self.folder / "state.pt", self.net, self.ema, self.optimizers)
        self.trained = [p for p in self.net.parameters() if p.requires_grad]
        self.averaged = [e for p, e in zip(self.net.parameters(), self.ema.parameters()) if p.requires_grad]
        prompts = (HERE / "presets" / "prompts.txt").read_text().splitlines()
        self.prompts = prompts
        self.prompt_tokens = Tokenizer.load(self.tokenizer_path).encode_batch(prompts, config["text"]["length"])

    def step(self, batch, rate, core, encode):
        """One training step on a Lesson; returns the loss on the device. `core` and `encode` may be compiled."""
        tokens, data, condition = batch[:3]
        training, picture = self.config["training"], self.config["picture"]
        generator = torch.Generator(self.device).manual_seed(self.progress["step"] * 7919 + 17)
        t = times(len(data), training["time_mean"], training["time_std"], generator, self.device)
        mixed = noisy(data, t, picture["noise"], generator)
        with half(self.device):
            with torch.set_grad_enabled(self.text_learns):
                txt = encode(tokens)
            clean = self.net.picture(mixed, condition, txt, core)
        loss = velocity_loss(clean, data, t, self.config["training"].get("sharp", 0.0))
        self.apply(loss, rate)
        self.progress["step"] += 1
        self.progress["seen"] += len(data)
        return loss.detach()

    def apply(self, loss, rate):
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        step = self.progress["step"]
        decay = min(self.config["training"]["ema"], (step + 1) / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(self.averaged, self.trained, 1 - decay)

    def sheet(self, name, steps=20, guidance=3.0):
        side = self.config["picture"]["side"]
        with half(self.device):
            images = sample(self.ema, self.prompt_tokens, (side, side), steps=steps, guidance=guidance,
                            noise=self.config["picture"]["noise"])
        report.sheet(images, self.folder / name, self.prompts)

    def keep(self, sheets=True):
        checkpoint.publish(self.folder / "model.safetensors", self.ema)
        checkpoint.save(self.folder / "state.pt", self.net, self.ema, self.optimizers, self.progress)
        self.log.plot()
        if sheets:
            self.sheet(f"sheet-{self.progress['step']:07}.png")


def train(run, world, sprites, *, minutes=None, steps=None, decay=0.0, workers=0, save_every=240, compiled=True, log_every=50):
    """Trains for `minutes` or `steps`, counted from this call. In the final share `decay` of the minutes the learning rate
    falls to zero, which released weights need."""
    config, start = run.config, time.time()
    base = config["training"]["rate"]
    batches = Batches(world, run.tokenizer_path, config, seed=1, batch=config["training"]["batch"])
    bank = Bank(sprites, device=run.device)
    compile_ = (lambda f: torch.compile(f, dynamic=False)) if compiled else (lambda f: f)
    core, encode = compile_(run.net.core), compile_(run.net.encode_text)
    patches = (config["picture"]["side"] // run.net.patch) ** 2
    work = 3 * flops(config, patches)  # forward, and twice as much backward
    peak = report.peak_flops(run.device)
    parameters = sum(p.numel() for p in run.net.parameters()) / 1e6
    print(f"{parameters:.1f}M parameters, {len(world.rows)} drawings, from step {run.progress['step']} "
          f"({run.progress['seen']} pictures); {work / 1e9:.1f} GFLOP a picture, peak {peak / 1e12:.2f} TFLOP/s", flush=True)
    last_step = run.progress["step"] + steps if steps else math.inf
    seconds = minutes * 60 if minutes else math.inf
    spent, losses, marked, mark_time = run.progress["seconds"], [], run.progress["step"], time.time()
    next_save = time.time() + save_every
    for batch in Lessons(bank, feed(batches, run.progress["step"], workers), run.device):
        elapsed = time.time() - start
        if elapsed >= seconds or run.progress["step"] >= last_step:
            break
        falling = min(1.0, (seconds - elapsed) / (decay * seconds)) if decay and minutes else 1.0
        rate = base * min(1, (run.progress["step"] + 1) / WARM_UP_STEPS) * falling
        losses.append(run.step(batch, rate, core, encode))
        run.progress["seconds"] = spent + time.time() - start
        if run.progress["step"] % log_every == 0:
            now = time.time()
            speed = (run.progress["step"] - marked) * config["training"]["batch"] / (now - mark_time)
            loss = torch.stack(losses).mean().item()
            run.log.write(dict(step=run.progress["step"], seen=run.progress["seen"], loss=round(loss, 4), rate=rate,
                               pictures_s=round(speed, 1), mfu=round(speed * work / peak, 3), seconds=round(now - start)))
            if not math.isfinite(loss):
                raise SystemExit("the loss is not finite: resume from state.pt with a lower learning rate")
            losses, marked, mark_time = [], run.progress["step"], now
        if time.time() > next_save:
            run.keep()
            next_save, mark_time, marked = time.time() + save_every, time.time(), run.progress["step"]
    run.keep()
    print(f"done: step {run.progress['step']}, {run.progress['seen']} pictures, {time.time() - start:.0f} s", flush=True)


def cpus():
    return os.cpu_count() or 1
