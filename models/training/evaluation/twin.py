"""The PyTorch twin of a package or of a training run: draws, edits and enlarges without the command.

What people get is judged through the command (engine.py). The twin serves what the command cannot do yet (edits), and trials
between releases (the folder of a run).
"""
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from evaluation.augment import valid
from network import MmJit
from network.editing import condition
from network.package import described, weights
from network.sampling import advance, exported, guided, time_grid
from text.tokenizer import Tokenizer

BATCH = 32


class Twin:
    def __init__(self, net, tokenizer, length, side, noise, times, guidance, enlarge=None):
        self.net, self.tokenizer, self.length, self.side, self.noise = net.eval(), tokenizer, length, side, noise
        self.times, self.guidance = times, guidance
        self.enlarge = enlarge or (lambda pictures: F.interpolate(pictures, scale_factor=4, mode="bicubic"))

    @classmethod
    def of_run(cls, run, steps, guidance, weights_file="model.safetensors", **further):
        """A run's folder: preset.json, weights, tokenizer.json."""
        run = Path(run)
        config = json.loads((run / "preset.json").read_text())
        net = MmJit(config)
        net.load_state_dict({name: value.float() for name, value in load_file(run / weights_file).items()})
        return cls(net, Tokenizer.load(run / "tokenizer.json"), config["text"]["length"], config["picture"]["side"], config["picture"]["noise"],
                   time_grid(steps), guidance, **further)

    @classmethod
    def of_package(cls, folder):
        """A package, with its own sampler and upscaler."""
        parts = described(folder)
        drawer, text = parts["denoiser"], parts["text"]["tokenizer"]
        config, sampler = drawer["config"], drawer["sampler"]
        sizes = {"width": config["width"], "heads": config["heads"], "mlp_hidden": config["mlp_hidden"]}
        net = MmJit({"network": config, "text": sizes | {"vocab": config["text"]["vocab"], "depth": config["preamble"]}})
        net.load_state_dict(weights(folder))
        return cls(net, Tokenizer.load(Path(folder) / text["file"]), text["length"], config["size"][0] if "size" in config else drawer["sizes"]["height"],
                   drawer.get("noise_scale", drawer["picture"].get("noise_scale", 1.0)), sampler.get("times") or time_grid(sampler["steps"]),
                   sampler["guidance"], enlarge=_upscaler(folder, parts.get("upscaler")))

    def draw(self, captions, seeds):
        """Premultiplied pictures [N, 4, S, S] in [0, 1] at the drawn side. Noise is PyTorch's, not the engine's."""
        nothing = torch.zeros(len(captions), 4, self.side, self.side)
        return self.edit(captions, nothing, nothing[:, :1], seeds)

    @torch.no_grad()
    def edit(self, captions, known, mask, seeds):
        """Pictures [N, 4, S, S] under conditions as `scenes.render_edits` makes them. Known pixels are put back, with noise,
        before every step, and are returned as they were."""
        tokens = self.tokenizer.encode_batch(captions, self.length)
        start_of = lambda seed: torch.randn(known.shape[1:], generator=torch.Generator().manual_seed(seed)) * self.noise
        out = []
        for start in range(0, len(captions), BATCH):
            part = slice(start, start + BATCH)
            data, where = known[part] * 2 - 1, mask[part]
            x = noise = torch.stack([start_of(seed) for seed in seeds[part]])
            told, txt = condition(data, where), self.net.encode_text(tokens[part])
            empty = self.net.encode_text(torch.zeros_like(tokens[part]))
            for now, then in zip(self.times, self.times[1:]):
                x = torch.where(where > 0, now * data + (1 - now) * noise, x)
                x = advance(x, guided(self.net.picture, x, told, txt, empty, self.guidance if 0.05 < now < 0.95 else 1).float(), now, then)
            out.append(torch.where(where > 0, known[part], exported(x)))
        return torch.cat(out)

    @torch.no_grad()
    def pictures(self, prompts):
        """Enlarged pictures [4, 4 S, 4 S] of prompts (dicts with prompt and seed), in order."""
        out = []
        for start in range(0, len(prompts), BATCH):
            part = prompts[start : start + BATCH]
            out += list(valid(self.enlarge(self.draw([prompt["prompt"] for prompt in part], [prompt["seed"] for prompt in part]))))
        return out


def _upscaler(folder, component):
    if component is None:
        return None
    from upscaler.srvgg import Srvgg
    net = Srvgg(**component["config"])
    net.load_state_dict(weights(folder, "upscaler"))
    return net.eval()
