"""Batches by number: batch k of a run depends on k, the preset and the world's weights alone, so a run resumes exactly."""
import os
import random
from dataclasses import dataclass
from typing import Any

import torch

from scenes import Editor, World, pack, pack_edits
from text.tokenizer import Tokenizer

EMPTY = 0.1  # share of captions left out, for guidance


@dataclass
class Draw:
    """A batch without pixels. Its first rows, as many as there are edits, are edits."""
    tokens: torch.Tensor  # [B, L], 0 = padding
    things: Any  # scenes.Batch
    edits: Any  # scenes.Edits, or None
    against: torch.Tensor | None = None  # [B, L]: captions that contradict these in look or colour


class Batches(torch.utils.data.Dataset):
    def __init__(self, world: World, tokenizer_path, config, seed, batch, length=1 << 40, contrasted=False):
        """contrasted: whether draws include `against`."""
        self.world, self.tokenizer_path, self.config = world, tokenizer_path, config
        self.seed, self.batch, self.length = seed, batch, length
        self.tokenizer, self.contrasted = None, contrasted
        self.editor = Editor(world, config["scenes"].get("edits"))

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        if self.tokenizer is None:  # once per worker process
            os.environ["TOKENIZERS_PARALLELISM"] = "false"
            self.tokenizer = Tokenizer.load(self.tokenizer_path)
        rng = random.Random(f"{self.seed}/{index}")
        edits = round(self.batch * self.config["training"]["editing"])
        edited = [self.editor.draw(rng) for _ in range(edits)]
        drawn = [thing for thing, _ in edited] + [self.world.draw(rng) for _ in range(self.batch - edits)]
        needed = {k for k, (_, edit) in enumerate(edited) if edit.kind == "change"}  # only the caption says what changes
        spoken = [rng.random() >= EMPTY or k in needed for k in range(self.batch)]
        told = [self.world.against(thing, rng) if self.contrasted else (thing.caption,) * 2 for thing in drawn]
        captions, against = ([text if say else "" for say, text in zip(spoken, texts)] for texts in zip(*told))
        tokens = lambda texts: self.tokenizer.encode_batch(texts, self.config["text"]["length"])
        planned = pack_edits([edit for _, edit in edited]) if edits else None
        return Draw(tokens(captions), pack(drawn), planned, tokens(against) if self.contrasted else None)


def feed(batches, first, workers):
    """Draws from batch number `first` on, in order, prefetched by worker processes."""
    if workers == 0:
        index = first
        while True:
            yield batches[index]
            index += 1
    yield from torch.utils.data.DataLoader(batches, batch_size=None, sampler=range(first, len(batches)), num_workers=workers,
                                           prefetch_factor=8, multiprocessing_context="fork")
