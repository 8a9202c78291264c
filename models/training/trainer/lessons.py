"""Renders draws into lessons, the inputs of training steps."""
import contextlib
from typing import NamedTuple

import torch

from network import editing
from scenes import cases, render, render_edits


class Lesson(NamedTuple):
    """The input of a training step, in this order."""
    tokens: torch.Tensor  # [B, L]
    data: torch.Tensor  # [B, C, H, W] in [-1, 1]
    condition: torch.Tensor  # [B, 1 + C, H, W], see network.editing
    weight: torch.Tensor  # [B, 1, H, W], of the squared error at each pixel
    against: torch.Tensor | None  # [B, L]: captions that contradict these in look or colour
    drawing: torch.Tensor | None = None  # [B], each picture's number among the drawings


def edit_lesson(bank, things, edits):
    """(data, condition, weight) of edits, as in a Lesson."""
    picture, known, mask = render_edits(bank, things, edits)
    return picture * 2 - 1, editing.condition(known * 2 - 1, mask), editing.error_weight(mask)


def edit_cases(bank, world, encode, per_kind=32, seed=0):
    """{kind: Lesson} of held-out edits, for measuring: equal arguments give equal lessons. encode(captions) -> tokens [B, L]."""
    out = {}
    for kind, (things, edits) in cases(world, per_kind, seed).items():
        if len(edits):
            data, condition, weight = edit_lesson(bank, things, edits)
            out[kind] = Lesson(encode(things.captions).to(data.device), data, condition, weight, None)
    return out


class Lessons:
    """Endless lessons; on a GPU they are rendered on a second stream while the network trains on the previous one."""

    def __init__(self, bank, draws, where):
        self.bank, self.draws, self.where = bank, draws, where
        self.stream = torch.cuda.Stream() if where.type == "cuda" else None

    def make(self):
        with torch.cuda.stream(self.stream) if self.stream else contextlib.nullcontext():
            draw = next(self.draws)
            edits = len(draw.edits) if draw.edits else 0
            data = render(self.bank, draw.things.part(edits, None)) * 2 - 1
            condition = data.new_zeros(len(data), 1 + data.shape[1], *data.shape[2:])
            weight = data.new_ones(len(data), 1, *data.shape[2:])
            if edits:
                edited = edit_lesson(self.bank, draw.things.part(0, edits), draw.edits)
                data, condition, weight = map(torch.cat, zip(edited, (data, condition, weight)))
            move = lambda tokens: None if tokens is None else tokens.to(self.where, non_blocking=True)
            return Lesson(move(draw.tokens), data, condition, weight, move(draw.against), move(draw.things.drawing))

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
