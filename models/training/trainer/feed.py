"""Batches by number: batch k of a run depends on k alone, so a run resumes exactly."""
import os
import random
from dataclasses import dataclass
from typing import Any

import torch

from network import editing
from scenes import World, pack
from text.tokenizer import Tokenizer


@dataclass
class Draw:
    """A batch without pixels. Its first rows, as many as `masks` has, are edits."""
    tokens: torch.Tensor  # [B, L], 0 = padding
    scenes: Any  # scenes.Batch
    references: Any  # scenes.Batch for the last rows of the edits, or None
    masks: torch.Tensor  # [E, 1, H, W] int8, see network.editing
    size: tuple  # (height, width)
    against: torch.Tensor | None = None  # [B, L]: the same captions with another style


class Batches(torch.utils.data.Dataset):
    def __init__(self, world: World, tokenizer_path, config, sizes, seed, batch, length=1 << 40, contrasted=False):
        """contrasted: whether draws include `against`."""
        self.world, self.tokenizer_path, self.config = world, tokenizer_path, config
        self.sizes, self.seed, self.batch, self.length = sizes, seed, batch, length
        self.tokenizer, self.contrasted = None, contrasted

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        if self.tokenizer is None:  # once per worker process
            os.environ["TOKENIZERS_PARALLELISM"] = "false"
            self.tokenizer = Tokenizer.load(self.tokenizer_path)
        training = self.config["training"]
        rng = random.Random(f"{self.seed}/{index}")
        height, width = self.sizes[0] if rng.random() < training["square"] else rng.choice(self.sizes[1:])
        drawn = [self.world.draw(rng, width / height) for _ in range(self.batch)]
        spoken = [rng.random() >= 0.1 for _ in drawn]  # 10 % without text, for guidance
        told = [self._told(scene, rng) for scene in drawn]
        captions, against = ([text if say else "" for say, text in zip(spoken, texts)] for texts in zip(*told))
        edits = round(self.batch * training["editing"])
        masked = round(edits * 0.7)
        references = [self.world.variation(scene, rng) for scene in drawn[masked:edits]]
        masks = editing.known_masks(edits, height, width, torch.Generator().manual_seed(rng.getrandbits(40)))
        masks[masked:] = -1
        tokens = lambda texts: self.tokenizer.encode_batch(texts, self.config["text"]["length"])
        return Draw(tokens(captions), pack(drawn), pack(references) if references else None, masks.to(torch.int8), (height, width),
                    tokens(against) if self.contrasted else None)

    def _told(self, scene, rng):
        """A caption, and one that differs from it in the style only."""
        other = self.contrasted and self.world.another_style(scene, rng)
        return self.world.told_in(scene, (scene.plan.style, other), rng.random()) if other else (scene.caption, scene.caption)


def feed(batches, first, workers):
    """Draws from batch number `first` on, in order, prefetched by worker processes."""
    if workers == 0:
        index = first
        while True:
            yield batches[index]
            index += 1
    yield from torch.utils.data.DataLoader(batches, batch_size=None, sampler=range(first, len(batches)), num_workers=workers,
                                           prefetch_factor=8, multiprocessing_context="fork")
