"""Draws with PyTorch instead of the command: the weights of a training run that is not packaged yet.

For trials between releases. What ships is judged through the command (engine.py).
"""
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from evaluation.augment import valid
from network import MmJit, sample
from network.editing import condition
from network.sampling import advance, guided, time_grid
from text.tokenizer import Tokenizer


class Twin:
    """A run's folder: preset.json, model.safetensors, tokenizer.json, and upscaler.safetensors if there is one."""

    def __init__(self, run, steps, guidance, upscaler=None):
        self.run, self.steps, self.guidance = Path(run), steps, guidance
        self.config = json.loads((self.run / "preset.json").read_text())
        self.net = MmJit(self.config)
        self.net.load_state_dict({name: value.float() for name, value in load_file(self.run / "model.safetensors").items()})
        self.net.eval()
        self.tokenizer = Tokenizer.load(self.run / "tokenizer.json")
        self.enlarge = upscaler or (lambda pictures: F.interpolate(pictures, scale_factor=4, mode="bicubic"))

    @torch.no_grad()
    def draw(self, texts, seed=0, condition=None, batch=32):
        """Premultiplied pictures [N, 4, S, S] in [0, 1] at the drawn side."""
        tokens = self.tokenizer.encode_batch(texts, self.config["text"]["length"])
        side = self.config["picture"]["side"]
        made = sample(self.net, tokens, (side, side), steps=self.steps, guidance=self.guidance, noise=self.config["picture"]["noise"], seed=seed,
                      condition=condition, batch=batch)
        return valid(stretched((made + 1) / 2))

    @torch.no_grad()
    def edit(self, captions, known, mask, seed=0, batch=32):
        """Edited pictures [N, 4, S, S] of known ones, as `edits.Case` has them. Known pixels are put back, with noise, before
        every step, and are returned as they were."""
        tokens = self.tokenizer.encode_batch(captions, self.config["text"]["length"])
        generator, out = torch.Generator().manual_seed(seed), []
        for start in range(0, len(captions), batch):
            part = slice(start, start + batch)
            data, where = known[part] * 2 - 1, mask[part]
            noise = torch.randn(data.shape, generator=generator) * self.config["picture"]["noise"]
            txt, empty = self.net.encode_text(tokens[part]), self.net.encode_text(torch.zeros_like(tokens[part]))
            told, x, times = condition(data, where), noise, time_grid(self.steps)
            for now, then in zip(times, times[1:]):
                x = torch.where(where > 0, now * data + (1 - now) * noise, x)
                scale = self.guidance if 0.05 < now < 0.95 else 1
                x = advance(x, guided(self.net.picture, x, told, txt, empty, scale).float(), now, then)
            out.append(torch.where(where > 0, known[part], valid((x + 1) / 2)))
        return torch.cat(out)

    @torch.no_grad()
    def pictures(self, prompts, batch=32):
        """Pictures [4, 4 S, 4 S] of prompts (dicts with prompt), in order."""
        out = []
        for start in range(0, len(prompts), batch):
            part = prompts[start : start + batch]
            out += list(valid(self.enlarge(self.draw([prompt["prompt"] for prompt in part], seed=part[0]["seed"]))))
        return out


def stretched(pictures):
    """As exported: alpha up to 8/255 becomes 0, from 247/255 on 1."""
    alpha = pictures[:, 3:]
    solid = ((alpha - 8 / 255) / (239 / 255)).clamp(0, 1)
    return torch.cat([pictures[:, :3] / alpha.clamp(min=1e-3) * solid, solid], 1)
