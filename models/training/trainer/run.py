"""A run: a folder with everything that training needs to go on, and everything that others read of it.

    state.pt            weights, averages, optimizers, progress and tokenizer: one file, so that they always match
    model.safetensors   the better average in f16, with tokenizer.json and preset.json: what is distilled and released
    log.jsonl, log.png  loss and speed;  exam.jsonl: measures on fixed pictures (see `exam`);  sheet-*.png: samples
"""
import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from network import MmJit, sample
from network.mmjit import TEXT_ENCODER
from text import name_tokens
from text.tokenizer import Tokenizer
from trainer import checkpoint, report
from trainer.averages import Averages
from trainer.core import Core
from trainer.hardness import Hardness
from trainer.optimizers import TABLE, Optimizers
from trainer.precision import half
from trainer.presets import HERE


def device():
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def names_of(world):
    """Subject → the names that captions may call it."""
    out = {}
    for row, names in zip(world.rows, world.catalogue.names):
        out.setdefault(row["subject"], {}).update(dict.fromkeys(names))
    return out


class Run:
    """`net` learns, `averages` follow it, `optimizers` keep their state, `progress` counts steps, pictures ("seen"),
    and seconds, and keeps what they were when each stage of a curriculum began ("stages")."""

    def __init__(self, folder, config, names=None, init=None):
        """names: subject → names, each of which becomes a token if it is none (see text.name_tokens); init: a folder with
        tokenizer.json and model.safetensors, or encoder.safetensors, from which a new run begins."""
        self.folder, self.config, self.device = Path(folder), config, device()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log, self.better = report.Log(self.folder), None
        state = checkpoint.load(self.folder / "state.pt", self.device) if (self.folder / "state.pt").exists() else None
        file = state["tokenizer"] if state else (Path(init) / "tokenizer.json").read_text()
        self.file = name_tokens.extended(file, names or {})
        before, self.tokenizer = Tokenizer.read(file), Tokenizer.read(self.file)
        (self.folder / "tokenizer.json").write_text(self.file)
        self.config["text"]["vocab"] = self.tokenizer.size
        (self.folder / "preset.json").write_text(json.dumps(config, indent=1) + "\n")
        torch.manual_seed(0)
        self.net = MmJit(config).to(self.device)
        for name, p in self.net.named_parameters():
            p.requires_grad = config["training"]["text"] or not name.startswith(TEXT_ENCODER)
        if state is None:
            self._begin(Path(init), before)
        self.averages = Averages(self.net, config["training"]["averages"])
        self.optimizers = Optimizers(self.net, config["training"]["rates"], self.tokenizer.pieces)
        self.progress = {"step": 0, "seen": 0, "seconds": 0.0, "stages": {}}
        if state is not None:
            self._resume(state, before)
        self.hardness, self._hardness = None, state and state.get("hardness")
        self.prompts = (HERE / "presets" / "prompts.txt").read_text().splitlines()

    def _begin(self, init, before):
        source = next((init / name for name in ("model.safetensors", "encoder.safetensors") if (init / name).exists()), None)
        if source is None:
            raise SystemExit(f"{init} contains neither model.safetensors nor encoder.safetensors")
        weights = {name: value.float() for name, value in load_file(source).items()}
        weights = self._longer(weights, before)
        own = self.net.state_dict()
        fitting = {name: value for name, value in weights.items() if name in own and own[name].shape == value.shape}
        missing = sorted(set(own) - set(fitting))
        if any(name.startswith(TEXT_ENCODER) for name in missing):
            raise SystemExit(f"{source} does not contain the text encoder of this preset")
        self.net.load_state_dict(fitting, strict=False)
        print(f"from {source}; new: {missing or 'nothing'}", flush=True)

    def _resume(self, state, before):
        self.net.load_state_dict(self._longer(state["net"], before))
        self.averages.load_state_dict({name: self._longer(net, before) for name, net in state["averages"].items()})
        for optimizer in state["optimizers"]:
            for moments in optimizer["state"].values():
                for key, value in moments.items():
                    if torch.is_tensor(value) and value.shape == state["net"][TABLE].shape:
                        moments[key] = torch.nn.functional.pad(value, (0, 0, 0, self.tokenizer.size - len(value)))
        self.optimizers.load_state_dict(state["optimizers"])
        self.progress, self.better = self.progress | state["progress"], state["better"]

    def _longer(self, weights, before):
        """Weights whose table has rows for the names that the tokenizer `before` lacks."""
        if self.tokenizer.size == before.size and len(weights[TABLE]) == before.size:
            return weights
        rows = name_tokens.table(weights[TABLE], weights["mask_token"], before, self.tokenizer)
        return weights | {TABLE: rows.to(weights[TABLE].device)}

    def watch(self, drawings):
        """Notes from now on how hard each of so many drawings is to learn (see `hardness`)."""
        self.hardness = Hardness(drawings)
        if self._hardness:
            self.hardness.load_state_dict(self._hardness)

    def counts(self):
        return {key: self.progress[key] for key in ("step", "seen", "seconds")}

    def best(self):
        """The better average by the last exam; the shorter one before the first."""
        return self.averages.nets[self.better or next(iter(self.averages.nets))]

    def keep(self):
        """Writes state and weights. Nothing is lost if the process is killed meanwhile."""
        checkpoint.save(self.folder / "state.pt", {
            "net": self.net.state_dict(), "averages": self.averages.state_dict(), "optimizers": self.optimizers.state_dict(),
            "progress": self.progress, "better": self.better, "tokenizer": self.file,
            "hardness": self.hardness.state_dict() if self.hardness else self._hardness})
        checkpoint.publish(self.folder / "model.safetensors", self.best().state_dict(),
                           {"seen": str(self.progress["seen"]), "average": self.better or ""})

    def draw_sheet(self, steps=20, guidance=2.5):
        """Samples of fixed prompts as sheet-STEP.png, and the curves."""
        side = self.config["picture"]["side"]
        tokens = self.tokenizer.encode_batch(self.prompts, self.config["text"]["length"])
        with half(self.device):
            images = sample(self.best(), tokens, (side, side), steps=steps, guidance=guidance, noise=self.config["picture"]["noise"],
                            core=Core(self.best(), compiled=False))
        report.sheet(images, self.folder / f"sheet-{self.progress['step']:07}.png", self.prompts)
        self.log.plot()
