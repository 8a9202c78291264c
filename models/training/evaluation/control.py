"""The pictures of blind naming: the natural prompts, and controls that are neither on the list nor counted."""
import random

from data import drawings
from evaluation import engine, prompts
from evaluation.real import open_wanted

FACES_AND_PEOPLE = (0, 1)  # emojibase's groups: nobody would guess their names
REAL, OTHER = 12, 12  # controls: real renders, and the model's pictures of other subjects


def names():
    """All names of things that drawings have."""
    return {name for row in drawings.load() if row["pictorial"] for name in (row["subject"], *row["synonyms"])}


def entries(maker):
    """Entries for `blind.prepare`: what `maker` draws for the natural prompts, and controls of everyday and rare subjects."""
    natural = prompts.natural()
    listed = {name for prompt in natural for name in prompt["accept"]}
    called, faces = {}, set()
    for row in drawings.load():
        called.setdefault(row["subject"], {row["subject"]}).update(row["synonyms"])
        if row["group"] in FACES_AND_PEOPLE:
            faces.add(row["subject"])
    free = [prompt for prompt in prompts.load(("things",)) if not called[prompt["subject"]] & listed and prompt["subject"] not in faces]
    chosen = random.SystemRandom().sample(free, REAL + OTHER)
    real = open_wanted((prompt["subject"], prompt["look"]) for prompt in chosen)
    drawn = natural + chosen[REAL:]
    pictures = [engine.read(path) for path in maker.generate(drawn, engine.progress)]
    accepted = lambda prompt: prompt.get("accept") or sorted(called[prompt["subject"]])
    out = [{"picture": picture, "prompt": prompt["prompt"], "accept": accepted(prompt), "kind": "natural" if "accept" in prompt else "other"}
           for picture, prompt in zip(pictures, drawn)]
    return out + [{"picture": real.picture(prompt["subject"], prompt["look"]), "prompt": prompt["prompt"], "accept": accepted(prompt), "kind": "real"}
                  for prompt in chosen[:REAL]]
