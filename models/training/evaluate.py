"""Evaluates a model package with the shipped engine and prints the table.

    python3 models/training/evaluate.py PACKAGE --json FILE      # generate and judge pictures; table, sheets, figures
    python3 models/training/evaluate.py --real                   # judge real renders: the score of a perfect model
    python3 models/training/evaluate.py --noise                  # judge pictures of other prompts: the score by chance
    python3 models/training/evaluate.py --train-judges everyday  # also: all, reader
    python3 models/training/evaluate.py --write-prompts everyday

FILE contains one number per measure; shares are in [0, 1]. Intervals, counts and mistakes are in FILE.details.json.
`classifier_real` is the lowest of the judges' accuracies on held-out real renders.
"""
import argparse
import sys
from pathlib import Path

import torch

from evaluation import engine, learn, prompts, report, worlds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", nargs="?", type=Path, help="folder of the model package")
    parser.add_argument("--json", type=Path, metavar="FILE", help="file for the figures")
    parser.add_argument("--preset", choices=worlds.PRESETS, default="everyday", help="subjects of the prompts; every model knows the everyday ones")
    parser.add_argument("--quick", action="store_true", help="a tenth of the prompts")
    parser.add_argument("--sheet", type=Path, default=worlds.BUILD / "sheet.png", help="the sample sheet; the sheet of nearest neighbours is written beside it")
    parser.add_argument("--image2", type=Path, help="the program [default: this repository's build]")
    parser.add_argument("--device", choices=("auto", "gpu", "cpu"), default="auto")
    parser.add_argument("--steps", type=int, help="[default: the package's]")
    parser.add_argument("--guidance", type=float, help="[default: the package's]")
    parser.add_argument("--threads", type=int, help="of the judges")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--real", action="store_true", help="judge real renders instead of a package's pictures")
    instead.add_argument("--noise", action="store_true", help="judge real renders of other prompts, for the score by chance")
    instead.add_argument("--train-judges", choices=[*worlds.PRESETS, "reader"], metavar="NAME")
    instead.add_argument("--write-prompts", choices=worlds.PRESETS, metavar="PRESET")
    parser.add_argument("--minutes", type=float, default=40, help="total training time")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    note = lambda text: print(text, file=sys.stderr, flush=True)
    if args.train_judges:
        return learn.train(args.train_judges, args.minutes, note)
    if args.write_prompts:
        stage = worlds.open_stage(args.write_prompts, learn.SPRITE_SIDE)
        return note(prompts.write(args.write_prompts, stage))
    if not (args.package or args.real or args.noise):
        parser.error("give a package, or one of --real, --noise, --train-judges, --write-prompts")
    asked = prompts.load(args.preset, args.quick)
    jury = report.Jury.load(args.preset, args.quick)
    if args.real or args.noise:
        pictures = jury.renders(asked, "real") if args.real else jury.renders(report.others(asked), "real")
    else:
        options = [word for name in ("steps", "guidance") if getattr(args, name) is not None for word in (f"--{name}", str(getattr(args, name)))]
        maker = engine.Engine(engine.find(args.image2), args.package, args.device, options)
        pictures = [engine.read(path) for path in maker.generate(asked, engine.progress)]
    result = report.evaluate(jury, asked, pictures)
    print(report.table(result))
    report.sheets(jury, asked, pictures, result, args.sheet)
    if args.json:
        report.write(result, args.json)


if __name__ == "__main__":
    try:
        main()
    except (FileNotFoundError, engine.EngineError) as error:
        sys.exit(f"evaluate.py: {error}")
