"""The fixed prompts: generated once, committed, and the same for every model.

They ask for things that training never showed: held-out combinations of subject and style, of subject and colour, of two
subjects; held-out words for lettering; held-out synonyms. A prompt's facts are arguments of `World.compose`, so real
renders can be made from them.
"""
import json
import random
from pathlib import Path

from evaluation.lessons import RELATIONS
from evaluation.worlds import readable
from scenes import held_out
from scenes.held_out import LETTERS, SYNONYMS

FOLDER = Path(__file__).parent / "prompts"
SIZES = {"single": 300, "transparent": 150, "pair": 200, "count": 160, "lettering": 150, "synonym": 150}
QUICK = 10  # --quick uses every tenth prompt
FIRST_SEED = 1000
CARRIERS = ("sign", "badge", "flag", "speech bubble", "t-shirt", "mug")


def evenly(rng, things):
    """An endless sequence of the things in random order, each equally often."""
    things = sorted(things, key=str)
    while True:
        yield from rng.sample(things, len(things))


def unseen_colours(judged, subject, style):
    return [colour for colour in judged.colours_for(style, subject) if held_out(subject, colour)]


def unseen_styles(judged):
    return [pair for pair in judged.pairs if held_out(*pair)]


def on_unseen_colours(pairs, judged):
    """Pairs (subject, style) from training whose subject has a held-out colour."""
    return [pair for pair in pairs if not held_out(*pair) and unseen_colours(judged, *pair)]


def single(judged, rng):
    """Two thirds in an unseen style, one third on an unseen colour."""
    styles, colours = evenly(rng, unseen_styles(judged)), evenly(rng, on_unseen_colours(judged.pairs, judged))
    for k in range(SIZES["single"]):
        subject, style = next(colours if k % 3 == 2 else styles)
        choice = unseen_colours(judged, subject, style) if k % 3 == 2 else judged.colours_for(style, subject)
        yield dict(subject=subject, style=style, background=rng.choice(choice))


def transparent(judged, rng):
    """Unseen styles on a transparent background."""
    for (subject, style), _ in zip(evenly(rng, unseen_styles(judged)), range(SIZES["transparent"])):
        yield dict(subject=subject, style=style, background="transparent")


def pair(judged, rng):
    """Unseen pairs, in styles in which training has shown both things; all relations equally often."""
    styles, relations = evenly(rng, list(judged.things)), evenly(rng, RELATIONS)
    for _ in range(SIZES["pair"]):
        while True:
            style = next(styles)
            seen = [subject for subject in judged.things[style] if not held_out(subject, style)]
            if len(seen) < 2:
                continue
            subject, other = rng.sample(seen, 2)
            if held_out(*sorted((subject, other))):
                break
        background = rng.choice(["transparent", *judged.colours_for(style, subject, other)])
        yield dict(subject=subject, style=style, other=other, relation=next(relations), background=background)


def count(judged, rng):
    """One to four of a thing, equally often, on an unseen background colour."""
    pairs, counts = evenly(rng, on_unseen_colours(judged.countable, judged)), evenly(rng, (1, 2, 3, 4))
    for _ in range(SIZES["count"]):
        subject, style = next(pairs)
        yield dict(subject=subject, style=style, count=next(counts), background=rng.choice(unseen_colours(judged, subject, style)))


def lettering(judged, rng):
    """Unseen words of three letters, mostly on carriers, sometimes alone."""
    words = evenly(rng, [word for word in LETTERS if len(word) == 3 and word.isalpha()])
    carriers = evenly(rng, (*CARRIERS, "alone"))
    for _ in range(SIZES["lettering"]):
        carrier = next(carriers)
        background = rng.choice(["transparent", "white", *judged.colours])
        body = dict(colour=rng.choice(readable(background)))
        yield dict(letters=next(words), background=background) | (body if carrier == "alone" else body | {"carrier": carrier})


def synonym(judged, rng):
    """Unseen names of subjects, in styles of the subject's training drawings."""
    known = [(subject, word) for subject in judged.subjects for word in sorted(SYNONYMS.get(subject, ()))]
    for (subject, word), _ in zip(evenly(rng, known), range(SIZES["synonym"])):
        styles = [style for style in sorted(judged.drawn[subject]) if not held_out(subject, style)] or sorted(judged.drawn[subject])
        style = rng.choice(styles)
        yield dict(subject=subject, style=style, phrase=word, background=rng.choice(("transparent", rng.choice(judged.colours_for(style, subject)))))


GROUPS = {"single": single, "transparent": transparent, "pair": pair, "count": count, "lettering": lettering, "synonym": synonym}


def scene(world, prompt, variant):
    """A real scene with a prompt's facts; each variant gives a different one."""
    return world.compose(**prompt["facts"], rng=random.Random(f"{prompt['id']} {variant}"))


def write(preset, stage):
    """Writes a preset's prompts, one per line. They depend on data and words alone."""
    prompts = []
    for group, facts_of in GROUPS.items():
        for k, facts in enumerate(facts_of(stage.judged, random.Random(f"{preset} {group}"))):
            prompt = {"id": f"{group}-{k:03}", "group": group, "facts": facts}
            caption = scene(stage.world, prompt, "caption").caption
            prompts.append({"id": prompt["id"], "group": group, "prompt": caption, "seed": FIRST_SEED + len(prompts), "facts": facts})
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{preset}.json"
    path.write_text("[\n" + ",\n".join(json.dumps(prompt) for prompt in prompts) + "\n]\n")
    return path


def load(preset, quick=False):
    prompts = json.loads((FOLDER / f"{preset}.json").read_text())
    return prompts[::QUICK] if quick else prompts
