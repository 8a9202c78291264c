"""Writes what the nursery has finished into this tree, for a commit: the package and the teacher's weights.

    python3 models/training/publish.py HOME          # as `nursery.sh publish` calls it

Reads HOME/branch, which the curriculum has decayed and distilled, the drawings that it was trained on, and the upscaler of
HOME/upscaler if its run is complete, else the committed one. Replaces models/weights/image2-mini and, in
models/training/checkpoints, the upscaler, model.safetensors and tokenizer.json, from which a new nursery begins and on
whose difference to the package later distillation builds.
"""
import argparse
import shutil
from pathlib import Path

from data.drawings import DEFAULT_PATH
from release import release
from trainer import checkpoint
from trainer.presets import HERE
from widen_text import widen_run, write

PACKAGE = HERE.parent / "weights" / "image2-mini"
CHECKPOINTS = HERE / "checkpoints"


def publish(home, package=PACKAGE, checkpoints=CHECKPOINTS, words=None, image2=None):
    """words: a file of `widen_text.py --list`, else the dictionary is fetched. Returns a sentence about what was written."""
    branch = home / "branch"
    student = branch / "few" / "model.safetensors"
    if not student.exists():
        raise SystemExit(f"{branch} is not distilled yet: nursery.sh advance D begins a new branch, and the stages after it go on by themselves")
    own, committed = home / "upscaler" / "upscaler.safetensors", checkpoints / "upscaler.safetensors"
    upscaler = next((path for path in (own, committed) if path.exists()), "published")
    collected = home / "training" / "build" / "data"
    drawings = next((path for path in (collected / "drawings.jsonl.xz", DEFAULT_PATH) if path.exists()), DEFAULT_PATH)
    listed = branch / "words.json"
    write(listed, widen_run(branch, words, drawings))
    made = package.with_name(package.name + ".part")
    shutil.rmtree(made, ignore_errors=True)
    release(branch, made, enlarger=upscaler, data=drawings, words=listed, notices=drawings.with_name("NOTICES.md"), image2=image2)
    shutil.rmtree(package, ignore_errors=True)
    made.rename(package)
    checkpoints.mkdir(exist_ok=True)
    for name in ("model.safetensors", "tokenizer.json"):
        shutil.copy(branch / name, checkpoints / name)
    if upscaler == own:
        shutil.copy(own, committed)
    seen = checkpoint.described(branch / "model.safetensors").get("seen", "?")
    steps = checkpoint.described(student).get("steps", "?")
    return f"{package}: a teacher of {seen} pictures, distilled in {steps} steps, with the upscaler {upscaler}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--words", type=Path, help="dictionary words that widen_text.py listed")
    parser.add_argument("--image2", type=Path, help="the command [default: this repository's build]")
    args = parser.parse_args()
    print(publish(args.home, words=args.words, image2=args.image2))


if __name__ == "__main__":
    main()
