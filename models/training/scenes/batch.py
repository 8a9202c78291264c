"""A scene as data, and many scenes as few tensors."""
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch

from scenes.grounds import SIZE, Ground
from scenes.recolour import IDENTITY

SUBJECT, SHADOW, LETTER = range(3)  # parts that a layer may be


class Layer(NamedTuple):
    """One sprite in a picture. Layers are drawn in order, later ones over earlier ones.

    x, y    its centre in units of the picture's shorter side, from the picture's middle, y down
    scale   the sprite's side in the same unit
    flip    -1 mirrored, else 1
    turn    radians, clockwise
    colour  3×3 matrix on premultiplied RGB, row-major
    """
    sprite: int
    x: float
    y: float
    scale: float
    flip: int = 1
    turn: float = 0.0
    colour: tuple = IDENTITY
    part: int = SUBJECT


@dataclass(slots=True)
class Scene:
    """A caption, what is drawn, and what is true of it; `plan` is what `World.variation` arranges anew."""
    caption: str
    layers: list
    ground: Ground
    facts: dict
    plan: object = None


@dataclass(slots=True)
class Batch:
    """Scenes ready for a device. L layers of B pictures, sorted by nothing in particular.

    picture, slot, sprite, part  int32 [L]: which picture, which layer of it from the back, which sprite, which part
    place                        float32 [L, 5]: x, y, scale, flip, turn
    colour                       float32 [L, 9]
    ground                       float32 [B, grounds.SIZE]
    """
    captions: list
    picture: torch.Tensor
    slot: torch.Tensor
    sprite: torch.Tensor
    part: torch.Tensor
    place: torch.Tensor
    colour: torch.Tensor
    ground: torch.Tensor
    facts: list = field(default_factory=list)

    def __len__(self):
        return len(self.ground)

    def pin_memory(self):
        """For the DataLoader: the same batch in page-locked memory."""
        for name in ("picture", "slot", "sprite", "part", "place", "colour", "ground"):
            setattr(self, name, getattr(self, name).pin_memory())
        return self


def pack(scenes, facts=False):
    """Scenes as a Batch, with their facts if asked (they cost time between processes)."""
    head, place, colour = [], [], []
    for picture, scene in enumerate(scenes):
        for slot, (sprite, x, y, scale, flip, turn, matrix, part) in enumerate(scene.layers):
            head.append((picture, slot, sprite, part))
            place.append((x, y, scale, flip, turn))
            colour.append(matrix)
    head = torch.from_numpy(np.array(head, np.int32).reshape(-1, 4).T.copy())
    ground = np.array([scene.ground.values for scene in scenes], np.float32).reshape(-1, SIZE)
    return Batch([scene.caption for scene in scenes], head[0], head[1], head[2], head[3],
                 torch.from_numpy(np.array(place, np.float32).reshape(-1, 5)),
                 torch.from_numpy(np.array(colour, np.float32).reshape(-1, 9)),
                 torch.from_numpy(ground), [scene.facts for scene in scenes] if facts else [])
