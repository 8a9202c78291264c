"""Distils a trained run to few steps without guidance; optionally with the package's 4-bit weights in the loop.

    python3 models/training/distil.py --run build/mini --pictures 200000
    python3 models/training/distil.py --run build/mini --minutes 5 --q4    # 4-bit weights in the last 60 % of the way
    python3 models/training/distil.py --run build/mini --pictures 20000 --onto PACKAGE TEACHER

Reads RUN/model.safetensors (the teacher, which is not changed) and writes RUN/few/: model.safetensors, log, sheet, and
state.pt, from which an interrupted distillation goes on. SIGTERM saves and ends with status 75.

`--onto` is for a run whose teacher is an earlier TEACHER after further training: the distillation delta, PACKAGE minus
TEACHER, is added to the new teacher.
"""
import argparse
import sys
import time
from pathlib import Path

import torch

from network.package import weights as package_weights
from scenes import Bank, open_world
from trainer import checkpoint
from trainer.curriculum import STOPPED
from trainer.distilling import Distilling
from trainer.feed import Batches, feed
from trainer.lessons import Lessons
from trainer.loop import Limit
from trainer.presets import HERE, cpus
from trainer.signals import StopFlag

LOG_EVERY = 40  # steps


def distil(task, world, sprites, limit, workers=0, save_every=540, stop=lambda: False):
    """Takes steps until `limit`, which counts all steps of the task and the minutes of this call; returns whether it was
    reached."""
    batch, begin, first, losses = task.recipe["batch"], time.time(), task.number, []
    saved = begin
    batches = Batches(world, task.folder.parent / "tokenizer.json", task.config, seed=2, batch=batch, contrasted=True)
    for lesson in Lessons(Bank(sprites, device=task.device), feed(batches, first, workers), task.device):
        share = limit.share(time.time() - begin, task.seen, task.number)
        if share >= 1 or stop():
            break
        losses.append(task.step(lesson, share))
        if task.number % LOG_EVERY == 0:
            task.log.write(dict(step=task.number, seen=task.seen, loss=round(torch.stack(losses).mean().item(), 5),
                                rate=round(task.optimizers.members[0].param_groups[0]["lr"], 6), q4=task.simulated,
                                pictures_s=round((task.number - first) * batch / (time.time() - begin), 1),
                                seconds=round(time.time() - begin)))
            losses = []
        if time.time() - saved > save_every:
            task.keep()
            saved = time.time()
    task.keep()
    if share < 1:
        return False
    task.finish()
    print(f"done: {task.number} steps, {task.folder / 'model.safetensors'}", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--pictures", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--q4", action="store_true")
    parser.add_argument("--onto", type=Path, nargs=2, metavar=("PACKAGE", "TEACHER"))
    parser.add_argument("--workers", type=int, default=max(0, cpus() - 2))
    parser.add_argument("--eager", action="store_true", help="do not compile")
    args = parser.parse_args()
    stop, limit = StopFlag(), Limit(args.minutes, args.pictures, args.steps)
    if not any(limit):
        parser.error("one of --minutes, --pictures and --steps is needed")
    folder = args.run if args.run.exists() else HERE / args.run
    onto = args.onto and (package_weights(args.onto[0]), checkpoint.load_file(args.onto[1]))
    task = Distilling(folder, not args.eager, args.q4, onto)
    world, sprites = open_world(task.config, args.data, folder, cpus())
    return 0 if distil(task, world, sprites, limit, args.workers, stop=stop) else STOPPED


if __name__ == "__main__":
    sys.exit(main())
