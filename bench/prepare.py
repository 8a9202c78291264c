"""Makes the comparison's files: packages, the same networks and single kernels as ONNX, and the list of cases.

    python3 bench/prepare.py -o FOLDER --image2 target/release/image2 [--software | --carried] [--burn] [--only CASE,…]

Everything that stands in FOLDER is kept. `--software` is for a GPU that is a processor in truth: fewer rounds, and the
large network at a small picture. `--carried` is for a machine with a GPU and no browser: only what
needs the one and not the other is made.
"""
import argparse
import json
import logging
from pathlib import Path

logging.disable(logging.WARNING)

import enlarging  # noqa: E402
import export  # noqa: E402
import kernels  # noqa: E402
import networks  # noqa: E402

# The forms that may be fastest in onnxruntime: besides packed as ours, dense in f16, in f32 and in 8 bits.
ON_GPU, ON_CPU = ("f16", "f32"), ("f32", "int8")


class Maker:
    def __init__(self, folder, image2, only, burn):
        self.folder, self.image2, self.only, self.burn, self.cases = folder, image2, only, burn, []

    def wanted(self, name):
        return not self.only or name in self.only

    def add(self, name, kind, rounds, stem, forms, write, **facts):
        """A case: the settings of our engine, and the files that `write(form, path)` makes for the others."""
        files = []
        for form in forms:
            path = self.folder / "onnx" / f"{stem}-{form}.onnx"
            if not path.exists():
                write(form, path)
            files.append(dict(name=f"onnxruntime-web {form}", url=f"/onnx/{path.name}", half=form == "f16"))
        self.cases.append(dict(name=name, kind=kind, rounds=rounds, **facts, onnx=files))

    def step(self, name, network, kind, side, rounds, forms):
        if self.wanted(name):
            package = networks.package(network, self.folder / "packages", self.image2)
            write = lambda form, path: export.export(package, form, path, side)
            forms = (networks.NETWORKS[network]["format"], *forms)
            self.add(name, kind, rounds, f"{package.name}-{side}", forms, write, package=f"/packages/{package.name}", side=side)

    def upscaler(self, name, kind, side, rounds, forms):
        if self.wanted(name):
            package = enlarging.package(self.folder / "packages", self.image2)
            write = lambda form, path: enlarging.write(side, form, path)
            self.add(name, kind, rounds, f"{package.name}-{side}", forms, write, upscaler=dict(package=f"/packages/{package.name}", side=side))

    def product(self, network, form, rounds):
        name = f"product_{network}_{form}"
        if self.wanted(name):
            facts, write = kernels.product(network, form, self.folder / "kernels")
            facts["weights"] = f"/kernels/{facts['weights']}"
            self.add(name, "gpu", rounds, f"product-{network}-of-{form}", (form, "f16", "f32"), write, product=facts, burn=self.burn)

    def attention(self, network, rounds):
        name = f"attention_{network}"
        if self.wanted(name):
            facts, write = kernels.attention(network)
            self.add(name, "gpu", rounds, name, ("f16", "f32"), write, attention=facts, burn=self.burn)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--image2", type=Path, required=True)
    parser.add_argument("--software", action="store_true")
    parser.add_argument("--carried", action="store_true")
    parser.add_argument("--burn", action="store_true", help="single kernels meet plain burn, too, from FOLDER/burn")
    parser.add_argument("--only", type=lambda names: names.split(","), default=[])
    args = parser.parse_args()
    folder, software = args.out.resolve(), args.software
    rounds = 5 if software else 12
    make = Maker(folder, args.image2.resolve(), args.only, args.burn)
    make.step("mini_step", "mini", "gpu", 64, rounds, ON_GPU)
    # The dense B/16 in f32 is too large for a page beside the others.
    make.step("b16_step", "b16", "gpu", 128 if software else 512, 3 if software else rounds, () if software else ("f16",))
    # On a GPU the largest tile, on the processor about that.
    make.upscaler("upscaler_pass", "gpu", 64 if software else 256, rounds, ON_GPU)
    if not args.carried:
        make.step("cpu_mini_step", "mini", "cpu", 64, 12, ON_CPU)
        make.upscaler("cpu_upscaler_pass", "cpu", 128, 12, ON_CPU)
    for network in networks.PRODUCTS:
        for form in ("q4", "q8"):
            make.product(network, form, rounds)
    for network in networks.ATTENTIONS:
        make.attention(network, rounds)
    for kind in () if args.carried else ("gpu", "cpu"):
        if make.wanted(f"latency_{kind}"):
            # Enlarging takes minutes in software that emulates a GPU.
            sides = [256] if software and kind == "gpu" else [256, 1024]
            make.cases.append(dict(name=f"latency_{kind}", kind=kind, rounds=5, latency=True, sides=sides))
    folders = {f"/{name}": name for name in ("packages", "onnx", "kernels", "burn")}
    (folder / "cases.json").write_text(json.dumps(dict(files=folders, cases=make.cases), indent=1))


if __name__ == "__main__":
    main()
