"""Trains, compares and describes the upscaler. Caches and results lie in one folder, and every command resumes.

    python3 models/training/upscale.py train --minutes 10 --folder F    # renders, cleaned inputs, then a slice of training
    python3 models/training/upscale.py compare F                        # table and sheets in F/compare

`train` begins with Real-ESRGAN's compact network, extended to RGBA; `--start` begins with exported weights instead. The rate
falls to zero when all slices together reach `--total` minutes. The result is F/upscaler.safetensors.
"""
import argparse
from pathlib import Path

from trainer.presets import HERE
from upscaler import compare, inputs, ncnn, renders, train
from upscaler.srvgg import with_alpha

FOLDER = HERE / "build" / "upscaler"


def published(folder):
    return ncnn.published(ncnn.fetch(folder)).eval().requires_grad_(False)


def prepare(args, parts):
    for part in parts:
        renders.prepare(args.folder, args.data, part)
        inputs.prepare(args.folder, part, args.drawer)


def run_train(args):
    prepare(args, ("train",))
    start = None
    if not (args.folder / "state.pt").exists():
        start = train.load(args.start).requires_grad_(True).train() if args.start else with_alpha(published(args.folder))
    train.train(train.Run(args.folder, start), args.minutes, args.total)


def run_compare(args):
    prepare(args, ("held",))
    net = train.load(args.weights or args.folder / "upscaler.safetensors")
    compare.compare(args.folder, net, published(args.folder), args.out or args.folder / "compare")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one, two = commands.add_parser("train"), commands.add_parser("compare")
    one.add_argument("--minutes", type=float, required=True, help="of this slice")
    one.add_argument("--total", type=float, default=180, help="minutes of all slices [180]")
    one.add_argument("--start", type=Path, help="exported weights to begin with")
    one.add_argument("--folder", type=Path, default=FOLDER)
    two.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    two.add_argument("--weights", type=Path, help="[FOLDER/upscaler.safetensors]")
    two.add_argument("-o", "--out", type=Path, help="[FOLDER/compare]")
    for command, run in ((one, run_train), (two, run_compare)):
        command.set_defaults(run=run)
        command.add_argument("--data", type=Path, help="drawings.jsonl.xz [that of build/data]")
        command.add_argument("--drawer", type=Path, default=HERE / "build" / "mini", help="the drawer's run, for inputs [build/mini]")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
