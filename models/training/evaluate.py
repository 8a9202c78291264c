"""Evaluates a model package: draws the fixed prompts with the command `image2`, as people get it, and judges the pictures.

    python3 models/training/evaluate.py PACKAGE --json FILE      # draw and judge; table, sheets, figures
    python3 models/training/evaluate.py --real                   # judge real renders: the score of a perfect model
    python3 models/training/evaluate.py --noise                  # judge pictures of other prompts: the score by chance
    python3 models/training/evaluate.py PACKAGE --blind FOLDER   # numbered pictures of natural prompts, and a form
    python3 models/training/evaluate.py --score FOLDER           # joins the form's answers with the prompts
    python3 models/training/evaluate.py --train-judge            # resumes until 40 minutes of CPU time are spent
    python3 models/training/evaluate.py --train-features --minutes 15    # another judge, for the loss of training
    python3 models/training/evaluate.py --write-prompts

FILE contains one number per measure; shares are in [0, 1]. Intervals, counts and mistakes are in FILE.details.json.
`judge_real` is the judge's accuracy on real renders.
"""
import argparse
import sys
from pathlib import Path

import torch

from evaluation import blind, control, engine, learn, prompts, real, report
from evaluation.twin import Twin
from network.package import described


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", nargs="?", type=Path, help="folder of the model package")
    parser.add_argument("--json", type=Path, metavar="FILE", help="file for the figures")
    parser.add_argument("--groups", nargs="+", choices=prompts.MAKERS, default=list(prompts.MAKERS), help="of prompts [default: all]")
    parser.add_argument("--no-edits", action="store_true", help="do not measure edits")
    parser.add_argument("--quick", action="store_true", help="a tenth of the prompts")
    parser.add_argument("--sheet", type=Path, default=real.BUILD / "sheet.png", help="the sample sheet; those of nearest drawings and of edits are written beside it")
    parser.add_argument("--image2", type=Path, help="the program [default: this repository's build]")
    parser.add_argument("--device", choices=("auto", "gpu", "cpu"), default="auto")
    parser.add_argument("--steps", type=int, help="[default: the package's]")
    parser.add_argument("--guidance", type=float, help="[default: the package's]")
    parser.add_argument("--threads", type=int, default=1, help="of the judge [default: 1]")
    parser.add_argument("--blind", type=Path, metavar="FOLDER", help="write pictures for blind naming instead of judging")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--real", action="store_true", help="judge real renders instead of a package's pictures")
    instead.add_argument("--noise", action="store_true", help="judge real renders of other prompts, for the score by chance")
    instead.add_argument("--score", type=Path, metavar="FOLDER", help="score a folder of blind naming")
    instead.add_argument("--train-judge", action="store_true")
    instead.add_argument("--train-features", action="store_true")
    instead.add_argument("--write-prompts", action="store_true")
    parser.add_argument("--minutes", type=float, default=40, help="total CPU time of the judge's training")
    parser.add_argument("--slice", type=float, default=1e9, help="minutes of it in this call")
    args = parser.parse_args()
    if not (args.package or args.real or args.noise or args.score or args.train_judge or args.train_features or args.write_prompts):
        parser.error("give a package, or one of --real, --noise, --score, --train-judge, --train-features, --write-prompts")
    return args


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    note = lambda text: print(text, file=sys.stderr, flush=True)
    if args.train_judge or args.train_features:
        path = learn.PATH if args.train_judge else learn.TEACHES
        return note("it is finished" if learn.train(args.minutes, args.slice, note, path) else "run this again to resume")
    if args.write_prompts:
        return prompts.write(real.open_all())
    if args.score:
        return print(blind.report(blind.score(args.score, control.names())))
    options = [word for name in ("steps", "guidance") if getattr(args, name) is not None for word in (f"--{name}", str(getattr(args, name)))]
    if args.blind:
        maker = engine.Engine(engine.find(args.image2), args.package, args.device, options)
        blind.prepare(args.blind, control.entries(maker))
        return note(f"name the pictures in {args.blind} and write the names into {blind.FORM}")
    asked = prompts.load(args.groups, args.quick)
    jury = report.Jury.load(asked)
    if args.real or args.noise:
        pictures = jury.renders(asked if args.real else report.others(asked))
    else:
        maker = engine.Engine(engine.find(args.image2), args.package, args.device, options)
        pictures = real.Lazily(engine.read, maker.generate(asked, engine.progress))
    result = report.evaluate(jury, asked, pictures)
    if args.package and not args.no_edits and described(args.package)["denoiser"]["config"].get("condition"):
        result["edited"] = report.edited(Twin.of_package(args.package))
    print(report.table(result))
    report.sheets(jury, asked, pictures, result, args.sheet)
    if args.json:
        report.write(result, args.json)


if __name__ == "__main__":
    try:
        main()
    except (FileNotFoundError, engine.EngineError, blind.FormError) as error:
        sys.exit(f"evaluate.py: {error}")
