"""The judges' training data: numbered scenes, including held-out combinations.

A lesson is a batch without pixels. Lesson k of a name depends on both alone. Examinations use another name, so their
scenes are never used in training.
"""
import random
from dataclasses import dataclass
from typing import Any

import torch

from evaluation.reader import ALPHABET
from evaluation.worlds import middles, readable
from scenes import pack
from scenes.batch import LETTER
from scenes.carriers import CARRIERS

MAX_OBJECTS = 6
MAX_LETTERS = 8
NOTHING, UNKNOWN = -1, -2  # no object; an object without a judged label
RELATIONS = ("left", "right", "above", "below")


def judge_facts(judged, rng):
    """Facts of one scene for `World.compose`: each judged drawing alone equally often; other drawings for their style."""
    share = rng.random()
    if share < 0.6:
        subject, style = rng.choice(judged.pairs if share < 0.4 or not judged.others else judged.others)
        facts = dict(subject=subject, style=style)
    elif share < 0.8:
        subject, style = rng.choice(judged.countable)
        facts = dict(subject=subject, style=style, count=rng.choice((1, 2, 2, 3, 3, 4, 4, 5)))
    else:
        style = rng.choice(list(judged.things))
        subject, other = rng.sample(judged.things[style], 2)
        facts = dict(subject=subject, style=style, other=other, relation=rng.choice(RELATIONS))
    return facts | {"background": background(judged, facts, rng)}


def background(judged, facts, rng):
    """Half plain colours, a quarter transparent, else any other kind."""
    share = rng.random()
    if share < 0.5:
        return rng.choice(judged.colours_for(facts["style"], *(facts[key] for key in ("subject", "other") if key in facts)))
    return "transparent" if share < 0.75 else rng.choice([kind for kind in judged.grounds if kind not in ("plain", "transparent")])


def reader_facts(judged, rng):
    """Facts of one lettering: random letters and digits, so that words cannot be guessed from their beginning."""
    letters = "".join(rng.choices(ALPHABET, k=rng.choice((1, 2, 3, 3, 3, 3, 4, 4, 5))))
    facts = dict(letters=letters, background=rng.choice(("transparent", *judged.colours, *judged.grounds[2:])))
    share = rng.random()
    if share < 0.25:
        facts["background"] = rng.choice(("transparent", *judged.colours))
        return facts | {"colour": rng.choice(readable(facts["background"]))}
    if share < 0.75:
        return facts | {"carrier": rng.choice(CARRIERS).name}
    style = rng.choice(list(judged.things))
    return facts | {"subject": rng.choice(judged.things[style]), "style": style, "carrier": "speech bubble"}


@dataclass
class Lesson:
    scenes: Any  # scenes.Batch
    subject: torch.Tensor  # [B], negative unless the scene is a single judged object
    style: torch.Tensor  # [B], -1 if there is none
    labels: torch.Tensor  # [B, 6]: a judged label, NOTHING or UNKNOWN
    centres: torch.Tensor  # [B, 6, 2]: x and y in [0, 1]
    letters: torch.Tensor  # [B, 8]: indices in the reader's alphabet, from left to right, -1 where there is none
    letter_middles: torch.Tensor  # [B, 8, 2]: x and y in [0, 1]


class Lessons(torch.utils.data.Dataset):
    """composed: the share of scenes from `facts`; the world draws the rest."""

    def __init__(self, world, judged, name, facts=judge_facts, batch=64, composed=1.0):
        self.world, self.judged, self.name = world, judged, name
        self.facts, self.batch, self.composed = facts, batch, composed
        self.known = {label: k for k, label in enumerate(judged.subjects)}

    def __len__(self):
        return 1 << 40

    def scenes(self, number):
        rng = random.Random(f"{self.name}/{number}")
        even = lambda: self.world.compose(**self.facts(self.judged, rng), rng=rng)
        return [even() if rng.random() < self.composed else self.world.draw(rng) for _ in range(self.batch)]

    def __getitem__(self, number):
        return self.lesson(self.scenes(number))

    def lesson(self, drawn):
        styles = self.judged.styles
        labels, centres = torch.full((len(drawn), MAX_OBJECTS), NOTHING), torch.full((len(drawn), MAX_OBJECTS, 2), 0.5)
        for b, scene in enumerate(drawn):
            for k, (label, x, y) in enumerate(middles(self.world, scene)[:MAX_OBJECTS]):
                labels[b, k], centres[b, k] = self.known.get(label, UNKNOWN), torch.tensor((x, y))
        letters, spots = torch.full((len(drawn), MAX_LETTERS), -1), torch.full((len(drawn), MAX_LETTERS, 2), 0.5)
        for b, scene in enumerate(drawn):
            inked = [layer for layer in scene.layers if layer.part == LETTER][:MAX_LETTERS]
            for k, (letter, layer) in enumerate(zip(scene.facts["letters"] or "", inked)):
                letters[b, k], spots[b, k] = ALPHABET.find(letter), torch.tensor((layer.x + 0.5, layer.y + 0.5))
        alone = (labels != NOTHING).sum(1) == 1
        number = lambda names, name: names.index(name) if name in names else -1
        styled = [number(styles, scene.facts["style"]) if some else -1 for scene, some in zip(drawn, (labels != NOTHING).any(1))]
        return Lesson(pack(drawn), torch.where(alone, labels[:, 0], NOTHING), torch.tensor(styled),
                      labels, centres, letters, spots)
