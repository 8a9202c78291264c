"""Decides which pictures are right, with the measures of each prompt's group."""
from dataclasses import dataclass, field

import torch

from evaluation import colour, judge as judging, measure, style

BATCH = 64
MEASURES = {"things": ("subject", "style", "alpha"), "unseen": ("unseen",), "colours": ("colour", "bound"), "synonyms": ("synonyms",)}


@dataclass
class Verdict:
    right: dict  # measure → bool
    found: str  # what the judge saw, in a few words
    features: torch.Tensor = field(repr=False)


def named(finding, picture, prompt, merges):
    """Whether the picture shows the prompt's subject, in the colour that the prompt tells ("a green 3d heart")."""
    told = prompt["colour"]
    return merges.same_subject(finding.subject, prompt["subject"], prompt["look"]) and (told is None or colour.told(picture, told, prompt["look"]))


def judge_one(prompt, picture, finding, drawn):
    merges = drawn.merges
    seen = [style.nearest(picture, prompt["subject"], drawn)] if prompt["group"] == "things" else []
    faults = measure.faults(picture, prompt["look"]) if prompt["group"] == "things" else []
    rules = {
        "subject": lambda: named(finding, picture, prompt, merges),
        "unseen": lambda: named(finding, picture, prompt, merges),
        "synonyms": lambda: named(finding, picture, prompt, merges),
        "style": lambda: seen == [prompt["look"]],
        "colour": lambda: colour.told(picture, prompt["colour"], prompt["look"]),
        "bound": lambda: named(finding, picture, prompt, merges),
        "alpha": lambda: not faults,
    }
    right = {name: bool(rules[name]()) for name in MEASURES[prompt["group"]]}
    return Verdict(right, ", ".join([" ".join([*seen, finding.subject]), *faults]), finding.features)


def judge_all(prompts, pictures, net, drawn):
    """A Verdict per picture, in the prompts' order; drawn: all drawings."""
    out = []
    for start in range(0, len(prompts), BATCH):
        shown = pictures[start : start + BATCH]
        out += [judge_one(*row, drawn) for row in zip(prompts[start : start + BATCH], shown, judging.look(net, shown))]
    return out


def shares(verdicts):
    """measure → (right, count)."""
    total = {}
    for verdict in verdicts:
        for name, right in verdict.right.items():
            hits, count = total.get(name, (0, 0))
            total[name] = (hits + right, count + 1)
    return total
