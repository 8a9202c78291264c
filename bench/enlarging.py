"""The upscaler's pass: a package and ONNX files of the trained network, which is small and committed.

Its weights are not random, because rounding to 8 bits is judged by the enlarged picture.
"""
import hashlib

import torch

import export
from release import release
from upscaler.train import load

WEIGHTS = export.ROOT / "models" / "training" / "checkpoints" / "upscaler.safetensors"


def package(folder, image2):
    """The package in `folder`; made by the command `image2` unless it exists."""
    out = folder / f"upscaler-{hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:8]}"
    if not (out / "manifest.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        release(None, out, enlarger=WEIGHTS, image2=image2)
    return out


def picture(channels, side):
    """The input of `web/cases.mjs`: values from 0 to 1, channels first."""
    return export.wave((1, channels, side, side), 0.37, 0.5) + 0.5


def write(side, form, out):
    """Writes `out`, a pass of a picture of `side` squared; the weights are exact in f16."""
    net = load(WEIGHTS)
    x = picture(net.config["channels"], side)
    with torch.no_grad():
        expected = net(x)
    export.keep(net.half() if form == "f16" else net, (x,), ["x"], "y", expected, form, out)
