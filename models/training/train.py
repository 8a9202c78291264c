"""Trains the network for a given wall time; resumes the run in the output folder.

    python3 models/training/train.py --preset mini --minutes 22 --decay 0.3   # a data-centre GPU
    python3 models/training/train.py --preset sketch --minutes 240            # two processor cores; repeat to continue
    python3 models/training/train.py --preset toy --steps 30                  # a trial run

--init continues from published weights (model.safetensors) where there is no state.pt.
"""
import argparse
from pathlib import Path

from scenes import open_world
from trainer.loop import Run, cpus, device, train
from trainer.presets import HERE, preset


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="mini")
    parser.add_argument("--out", type=Path, help="the run's folder [default: build/PRESET]")
    parser.add_argument("--text", type=Path, help="the text encoder's folder [default: build/text/PRESET]")
    parser.add_argument("--data", type=Path, help="drawings.jsonl.xz [default: that of build/data]")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--decay", type=float, default=0.0, help="final share of the minutes in which the learning rate decays")
    parser.add_argument("--init", type=Path)
    parser.add_argument("--workers", type=int, default=max(0, cpus() - 2))
    parser.add_argument("--save-every", type=float, default=240, help="seconds")
    parser.add_argument("--eager", action="store_true", help="do not compile")
    args = parser.parse_args()
    config = preset(args.preset)
    out = args.out or HERE / "build" / args.preset
    world, sprites = open_world(config, args.data, out, cpus())
    run = Run(out, config, args.text or HERE / "build" / "text" / args.preset, args.init)
    print(f"on {device()}", flush=True)
    train(run, world, sprites, minutes=args.minutes, steps=args.steps, decay=args.decay, workers=args.workers,
          save_every=args.save_every, compiled=not args.eager)


if __name__ == "__main__":
    main()
