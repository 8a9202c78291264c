"""Trains the network until a limit; resumes the run in the output folder.

    python3 models/training/train.py --preset mini --init models/training/checkpoints --minutes 60 --decay 0.15
    python3 models/training/train.py --preset toy --init build/text/toy --steps 30      # a trial run

A new run begins from --init, a folder with tokenizer.json and model.safetensors (weights to go on from) or
encoder.safetensors (only the text encoder, from teach_text.py). `nursery.sh` trains in whatever time a machine is idle.
SIGTERM saves and ends with status 75.
"""
import argparse
import json
import sys
from pathlib import Path

from scenes import open_world
from trainer.curriculum import STOPPED
from trainer.exam import Exam
from trainer.feature_loss import feature_loss
from trainer.loop import Limit, train
from trainer.presets import HERE, changed, cpus, preset
from trainer.run import Run, device, names_of
from trainer.signals import StopFlag


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="mini")
    parser.add_argument("--out", type=Path, help="the run's folder [default: build/PRESET]")
    parser.add_argument("--init", type=Path, help="a folder to begin from [default: build/text/PRESET]")
    parser.add_argument("--data", type=Path, help="drawings.jsonl.xz [default: that of build/data]")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--pictures", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--decay", type=float, default=0.0, help="final share of the way in which the learning rate decays")
    parser.add_argument("--stage", help="limits count from the first start in this stage, in this call or an earlier one")
    parser.add_argument("--changes", type=json.loads, default={}, help="JSON: section → key → value of the preset")
    parser.add_argument("--workers", type=int, default=max(0, cpus() - 2))
    parser.add_argument("--save-every", type=float, default=540, help="seconds")
    parser.add_argument("--exam-every", type=float, default=1800, help="seconds; 0: none")
    parser.add_argument("--eager", action="store_true", help="do not compile")
    args = parser.parse_args()
    stop = StopFlag()
    config = changed(preset(args.preset), args.changes)
    out = args.out or HERE / "build" / args.preset
    world, sprites = open_world(config, args.data, out, cpus())
    run = Run(out, config, names_of(world), args.init or HERE / "build" / "text" / args.preset)
    print(f"on {device()}", flush=True)
    exam = Exam(world, sprites, config, every=args.exam_every) if args.exam_every else None
    if config["training"].get("reweigh"):
        run.watch(len(world.rows))
    origin = run.progress["stages"].setdefault(args.stage, run.counts()) if args.stage else run.counts()
    reached = train(run, world, sprites, Limit(args.minutes, args.pictures, args.steps), origin=origin, decay=args.decay,
                    workers=args.workers, save_every=args.save_every, compiled=not args.eager, exam=exam,
                    features=feature_loss(config["training"]["features"], run.device), stop=stop)
    if not reached:
        return STOPPED
    if exam:
        exam.take(run)
        run.keep()
    run.draw_sheet()
    return 0


if __name__ == "__main__":
    sys.exit(main())
