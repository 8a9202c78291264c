"""Renders draws into lessons, the inputs of training steps."""
import contextlib
from typing import NamedTuple

import torch

from scenes import render


class Lesson(NamedTuple):
    """The input of a training step, in this order."""
    tokens: torch.Tensor  # [B, L]
    data: torch.Tensor  # [B, C, H, W] in [-1, 1]
    condition: torch.Tensor  # [B, 1 + C, H, W], see network.editing
    weight: torch.Tensor  # [B, 1, H, W], of the squared error at each pixel
    against: torch.Tensor | None  # [B, L]: captions that contradict these in look or colour


class Lessons:
    """Endless lessons; on a GPU they are rendered on a second stream while the network trains on the previous one."""

    def __init__(self, bank, draws, where):
        self.bank, self.draws, self.where = bank, draws, where
        self.stream = torch.cuda.Stream() if where.type == "cuda" else None

    def make(self):
        with torch.cuda.stream(self.stream) if self.stream else contextlib.nullcontext():
            draw = next(self.draws)
            data = render(self.bank, draw.things) * 2 - 1
            count, channels, height, width = data.shape
            condition = data.new_zeros(count, 1 + channels, height, width)
            weight = data.new_ones(count, 1, height, width)
            move = lambda tokens: None if tokens is None else tokens.to(self.where, non_blocking=True)
            return Lesson(move(draw.tokens), data, condition, weight, move(draw.against))

    def __iter__(self):
        pending = self.make()
        while True:
            now = pending
            if self.stream:
                torch.cuda.current_stream().wait_stream(self.stream)
                for value in now:
                    if value is not None:
                        value.record_stream(torch.cuda.current_stream())
            yield now
            pending = self.make()
