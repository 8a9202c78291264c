"""Trains, compares and describes the upscaler. Caches and results lie in one folder, and every command resumes.

    python3 models/training/upscale.py train --minutes 180 --folder F    # renders, cleaned inputs, training
    python3 models/training/upscale.py compare F                         # table and sheets in F/compare

`train` begins with the committed weights, or without them with Real-ESRGAN's compact network, extended to RGBA. It ends with
status 0 when the run has had its minutes, with 75 when it was stopped before (by SIGTERM or `--piece`) and can go on. The
result is F/upscaler.safetensors.
"""
import argparse
import math
import sys
from pathlib import Path

from trainer.presets import HERE
from upscaler import compare, inputs, ncnn, renders, train
from upscaler.srvgg import with_alpha

FOLDER = HERE / "build" / "upscaler"
COMMITTED = HERE / "checkpoints" / "upscaler.safetensors"
STOPPED = 75  # of sysexits.h: temporary failure, try again


def published(folder):
    return ncnn.published(ncnn.fetch(folder)).eval().requires_grad_(False)


def prepare(args, parts):
    for part in parts:
        renders.prepare(args.folder, args.data, part)
        inputs.prepare(args.folder, part, args.drawer)


def run_train(args):
    prepare(args, ("train",))
    teacher, start = published(args.folder), None
    if not (args.folder / "state.pt").exists():
        path = args.start or COMMITTED
        start = train.load(path).requires_grad_(True).train() if path.exists() else with_alpha(teacher)
    if not train.train(train.Run(args.folder, start), teacher, args.minutes, args.piece):
        sys.exit(STOPPED)


def run_compare(args):
    prepare(args, ("held",))
    net = train.load(args.weights or args.folder / "upscaler.safetensors")
    compare.compare(args.folder, net, published(args.folder), args.out or args.folder / "compare")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one, two = commands.add_parser("train"), commands.add_parser("compare")
    one.add_argument("--minutes", type=float, default=180, help="of the whole run; the rate falls to zero at its end [180]")
    one.add_argument("--piece", type=float, default=math.inf, help="at most so many minutes in this call")
    one.add_argument("--start", type=Path, help="weights to begin with, as train writes them [the committed ones]")
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
