"""The fixed prompts, written once, committed, and the same for every model.

things    every pictorial subject once, in the eight looks in turn
unseen    subjects in looks that training never showed
colours   every colour word equally often, half of them with subjects that training never showed in this colour
synonyms  names that no caption said
natural   prompts as people type them, with the names that count, written by hand before any picture was drawn

Except for the natural ones, a prompt is `a {colour} {look} {name}`: {"id", "group", "prompt", "seed", "subject", "look",
"colour"}; colour: the one that is told, or null.
"""
import json
import random
from pathlib import Path

from data.looks import LOOKS
from evaluation import colour as colouring
from scenes import World
from scenes.held_out import SYNONYMS, colour_held_out, look_held_out
from scenes.words import COLOURS

FOLDER = Path(__file__).parent / "prompts"
QUICK = 10  # --quick uses every tenth prompt
FIRST_SEED = 1000
PER_COLOUR = 12
PER_SYNONYM = 2
BODY = 0.25  # smallest share of a thing whose colour can be told
INKS = [name for name, word in zip(colouring.NAMES, colouring.WORDS) if word[0] < 0.85]  # visible on white
PEOPLE = 1  # emojibase's group


def evenly(rng, things):
    """An endless sequence of the things in random order, each equally often."""
    things = list(things)
    while True:
        yield from rng.sample(things, len(things))


def fewest(counts, options):
    """Of the options, the one chosen least often so far."""
    chosen = min(options, key=lambda option: counts[option])
    counts[chosen] += 1
    return chosen


def things(real, rng):
    counts = dict.fromkeys(LOOKS, 0)
    for subject in rng.sample(real.subjects, len(real.subjects)):
        options = real.looks_of(subject)
        yield dict(subject=subject, look=fewest(counts, rng.sample(options, len(options))))


def unseen(real, rng):
    yield from (dict(subject=subject, look=look) for subject, look in _pairs(real) if look_held_out(subject, look))


def colours(real, rng):
    """Alternately seen and unseen pairs of subject and colour; never a drawing that has the colour anyway, never people."""
    row = lambda pair: real.rows[real.at[pair]]
    # A purple heart in blue is a blue heart, which is another subject.
    able = lambda pair: (row(pair)["body"] >= BODY and row(pair)["group"] != PEOPLE and not look_held_out(*pair)
                         and not set(pair[0].split()) & set(COLOURS))
    order = evenly(rng, [pair for pair in _pairs(real) if able(pair)])
    for name in COLOURS:
        for k in range(PER_COLOUR):
            fits = lambda pair: (colour_held_out(pair[0], name) == bool(k % 2) and not colouring.told(real.picture(*pair), name, pair[1])
                                 and (pair[1] != "line" or name in INKS))
            subject, look = next(pair for pair in order if fits(pair))
            yield dict(subject=subject, look=look, colour=name)


def synonyms(real, rng):
    counts = dict.fromkeys(LOOKS, 0)
    for subject in real.subjects:
        for word in sorted(SYNONYMS.get(subject, ())):
            options = [look for look in real.looks_of(subject) if not look_held_out(subject, look)]
            for _ in range(PER_SYNONYM):
                yield dict(subject=subject, look=fewest(counts, rng.sample(options, len(options))), name=word)


def _pairs(real):
    return [(row["subject"], row["look"]) for row in real.rows if row["look"] in LOOKS]


MAKERS = {"things": things, "unseen": unseen, "colours": colours, "synonyms": synonyms}


def write(real):
    """Writes the groups' files, a prompt per line. They depend on the drawings alone."""
    number, world = FIRST_SEED, World(real.rows)
    for group, make in MAKERS.items():
        lines = []
        for k, facts in enumerate(make(real, random.Random(group))):
            asked = {"subject": facts["subject"], "look": facts["look"]}
            thing = world.compose(**asked, colour=facts.get("colour"), phrase=facts.get("name"), rng=random.Random(number), plain=True)
            told = thing.facts["colour"]
            lines.append(json.dumps({"id": f"{group}-{k:04}", "group": group, "prompt": thing.caption, "seed": number} | asked | {"colour": told}))
            number += 1
        (FOLDER / f"{group}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


def load(groups=tuple(MAKERS), quick=False):
    asked = [prompt for group in groups for prompt in json.loads((FOLDER / f"{group}.json").read_text())]
    return asked[::QUICK] if quick else asked


def natural():
    """The prompts for blind naming: {"id", "prompt", "seed", "accept"}."""
    return json.loads((FOLDER / "natural.json").read_text())
