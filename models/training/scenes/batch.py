"""A thing as data, and a batch of things as a few tensors."""
from dataclasses import dataclass, field
from typing import NamedTuple

import torch


class Thing(NamedTuple):
    """One drawing with a caption.

    drawing  index in the bank
    colour   OKLab of the colour that the body is given, or None
    facts    the contract with the evaluation: subject, look, colour (its name, or None if the caption does not tell it),
             told_look (whether the caption tells the look)
    """
    caption: str
    drawing: int
    colour: tuple | None
    facts: dict


@dataclass(slots=True)
class Batch:
    """Things as tensors: drawing int64 [B], changed bool [B], colour float32 [B, 3], OKLab, used where changed."""
    captions: list
    drawing: torch.Tensor
    changed: torch.Tensor
    colour: torch.Tensor
    facts: list = field(default_factory=list)

    def __len__(self):
        return len(self.drawing)

    def part(self, start, end):
        """The batch of some of the things."""
        part = slice(start, end)
        return Batch(self.captions[part], self.drawing[part], self.changed[part], self.colour[part], self.facts[part])


def pack(things, facts=False):
    """Things as a Batch; facts are included on request only, because passing them between processes takes time."""
    return Batch([thing.caption for thing in things], torch.tensor([thing.drawing for thing in things], dtype=torch.int64),
                 torch.tensor([thing.colour is not None for thing in things], dtype=torch.bool),
                 torch.tensor([thing.colour or (0.0, 0.0, 0.0) for thing in things], dtype=torch.float32).view(-1, 3),
                 [thing.facts for thing in things] if facts else [])
