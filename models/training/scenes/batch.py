"""A scene as data, and a batch of scenes as a few tensors."""
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch

from scenes.grounds import SIZE, Ground
from scenes.recolour import IDENTITY

SUBJECT, SHADOW, LETTER = range(3)  # the part that a layer plays in its picture


class Layer(NamedTuple):
    """One sprite in a picture. Later layers are drawn over earlier ones.

    x, y    centre, from the picture's middle, in units of its shorter side; y points down
    scale   side of the sprite in the same unit
    flip    -1 if mirrored, else 1
    turn    rotation in radians, clockwise
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
    """A caption, the layers and the facts of a scene; `World.variation` makes another arrangement of `plan`."""
    caption: str
    layers: list
    ground: Ground
    facts: dict
    plan: object = None


@dataclass(slots=True)
class Batch:
    """Scenes as tensors for a device: L layers of B pictures, in no particular order.

    picture, slot, sprite, part  int32 [L]: picture, index of the layer from the back, sprite, part
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
    """Scenes as a Batch; facts are included on request only, because passing them between processes takes time."""
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
