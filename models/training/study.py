"""Compares storage formats of a run's weights by the measures of evaluate.py.

    python3 models/training/study.py --run build/sketch -o build/sketch/study           # f16, q8, mixed, q4
    python3 models/training/study.py --run build/sketch -o build/sketch/study --quick   # with a tenth of the prompts

Writes a package per format, study.md and study.json. The format to release is the smallest one that loses at most one
percentage point against f16 in every measure.
"""
import argparse
import json
from pathlib import Path

from evaluation import engine, prompts, report, verdict
from release import release
from trainer.presets import HERE

FORMATS = {  # name → (format, exceptions)
    "f16": ("f16", {}),
    "q8": ("q8", {}),
    # Errors in the text features affect every patch, and errors in the first block pass through all others.
    "mixed": ("q4", {"txt_preamble_blocks": "q8", "double_blocks.0.": "q8"}),
    "q4": ("q4", {}),
}


def measure(package, program, device, asked, jury, reference):
    """Of a package's pictures: measure → (right, count), and KID against the `reference` features."""
    maker = engine.Engine(program, package, device)
    pictures = [engine.read(path) for path in maker.generate(asked, engine.progress)]
    given = jury.verdicts(asked, pictures)
    kid, _ = report.measure.kid(report.features(asked, given), reference)
    return verdict.shares(given), kid


def table(results):
    """A Markdown table with a row per format."""
    names = list(next(iter(results.values()))[1])
    lines = ["| format | MB | " + " | ".join([*names, "KID"]) + " |", "|---" * (len(names) + 3) + "|"]
    for name, (size, shares, kid) in results.items():
        cells = [f"{100 * right / count:.1f}" for right, count in (shares[name] for name in names)]
        lines.append(f"| {name} | {size / 1e6:.1f} | " + " | ".join([*cells, f"{kid:.4f}"]) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--undistilled", action="store_true")
    parser.add_argument("--quick", action="store_true", help="a tenth of the prompts")
    parser.add_argument("--image2", type=Path)
    parser.add_argument("--device", choices=("auto", "gpu", "cpu"), default="auto")
    args = parser.parse_args()
    run = args.run if args.run.exists() else HERE / args.run
    asked = prompts.load(quick=args.quick)
    jury = report.Jury.load(asked)
    program, results = engine.find(args.image2), {}
    reference = report.reference(jury, asked)
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.formats:
        package = args.out / name
        if not package.exists():
            form, exceptions = FORMATS[name]
            release(run, package, few=not args.undistilled, form=form, exceptions=exceptions, image2=program)
        size = sum(path.stat().st_size for path in package.iterdir())
        results[name] = size, *measure(package, program, args.device, asked, jury, reference)
        print(table(results), flush=True)
    (args.out / "study.md").write_text(table(results) + "\n")
    (args.out / "study.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
