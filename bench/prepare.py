"""Makes what the comparison loads: packages, the same networks as ONNX, and the list of cases.

    python3 bench/prepare.py -o FOLDER --image2 target/release/image2 [--software]

Everything that stands in FOLDER is kept. `--software` is for a GPU that is a processor in truth: fewer rounds, and the
large network at a small picture.
"""
import argparse
import json
import logging
from pathlib import Path

logging.disable(logging.WARNING)

import export  # noqa: E402
import networks  # noqa: E402

# Of our weights' format, and what onnxruntime could be faster with: the same numbers packed, dense, dense in f16.
FORM = "q4"
ON_GPU, ON_CPU = ("q4", "f16", "f32"), ("q4", "f32", "int8")


def case(folder, image2, name, network, kind, side, rounds, forms):
    package = networks.package(network, FORM, folder / "packages", image2)
    files = []
    for form in forms:
        path = folder / "onnx" / f"{network}-{side}-{form}.onnx"
        if not path.exists():
            error = export.export(package, form, path, side)
            print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, {error:.2g} from PyTorch", flush=True)
        files.append(dict(name=f"onnxruntime-web {form}", url=f"/onnx/{path.name}", half=form == "f16"))
    return dict(name=name, kind=kind, rounds=rounds, package=f"/packages/{package.name}", side=side, onnx=files)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--image2", type=Path, required=True)
    parser.add_argument("--software", action="store_true")
    args = parser.parse_args()
    folder, rounds = args.out.resolve(), 5 if args.software else 20
    make = lambda *facts: case(folder, args.image2.resolve(), *facts)
    # The dense B/16 in f32 is larger than what a page may hold beside the others.
    cases = [
        make("mini_step", "mini", "gpu", 256, rounds, ON_GPU),
        make("b16_step", "b16", "gpu", 128 if args.software else 512, 3 if args.software else rounds, ("q4",) if args.software else ("q4", "f16")),
        make("cpu_mini_step", "mini", "cpu", 256, 5, ON_CPU),
    ]
    files = {"/packages": str(folder / "packages"), "/onnx": str(folder / "onnx")}
    (folder / "cases.json").write_text(json.dumps(dict(files=files, cases=cases), indent=1))


if __name__ == "__main__":
    main()
