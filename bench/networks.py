"""The compared networks and their operations: packages with random weights, because time does not depend on training.

A layer's weights are drawn so that features keep their size, and the last layer's so that outputs look like a picture:
with outputs near zero a comparison of outputs would say nothing. A matrix repeats its first rows: drawn in full, B/16 in
three forms could not be carried to a machine without a network; like this it packs to a few megabytes.
"""
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "models" / "training"))

from network import MmJit  # noqa: E402

PRESET = json.loads((ROOT / "models" / "training" / "presets" / "mini.json").read_text())
TOKENIZER = ROOT / "models" / "tests" / "fixtures" / "tokenizer" / "tokenizer.json"
NETWORKS = {
    # The default model without its condition, for which nothing is given when a picture is drawn from text.
    "mini": dict(side=PRESET["picture"]["side"], format=PRESET["package"]["format"], network=PRESET["network"] | {"condition": 0}, text=PRESET["text"]),
    # As large as MiniT2I's B/16 (PeppaKing8/minit2i-jax); 512².
    "b16": dict(side=512, format="q4", network=dict(width=768, heads=12, mlp_hidden=2048, depth=12, bottleneck=128, patch=16, channels=3),
                text=dict(vocab=6144, width=768, heads=12, mlp_hidden=2048, depth=2, length=128)),
}


def tokens(config):
    """Text and picture."""
    return config["text"]["length"] + (config["side"] // config["network"]["patch"]) ** 2


# Single products: rows of x, inputs, outputs.
PRODUCTS = {
    f"{name}_{matrix}": (tokens(config), inputs, outputs)
    for name, config in NETWORKS.items()
    for width, hidden in [(config["network"]["width"], config["network"]["mlp_hidden"])]
    for matrix, inputs, outputs in [("qkv", width, 3 * width), ("w2", hidden, width)]
}
# Heads of 64, tokens.
ATTENTIONS = {name: (config["network"]["heads"], tokens(config)) for name, config in NETWORKS.items()}
# Distinct rows of a matrix: not a multiple of a head's 64, so that heads differ.
DRAWN = 96


def weights(config, seed=1):
    """name → tensor, f32."""
    torch.manual_seed(seed)
    net = MmJit(config)
    torch.nn.init.normal_(net.final_layer.linear.weight, std=0.5 / config["network"]["width"] ** 0.5)
    torch.nn.init.normal_(net.mask_token, std=0.5)
    tensors, first = net.state_dict(), {}
    for name, tensor in tensors.items():
        if tensor.dim() < 2 or len(tensor) <= DRAWN:
            continue
        # The same rows in every matrix of a shape, rotated each time: equal matrices might be stored once.
        drawn, count = first.get(tensor.shape, (tensor[:DRAWN].clone(), 0))
        first[tensor.shape] = drawn, count + 1
        rows = (torch.arange(len(tensor)) + count) % DRAWN
        tensors[name] = drawn[rows]
    return tensors


def about(name, config):
    """The description of the package."""
    net, text, side = config["network"], config["text"], config["side"]
    return {
        "name": f"bench-{name}", "title": f"Random weights ({name})", "licence": "MIT OR Apache-2.0",
        "components": {
            "denoiser": {
                "architecture": "mm-jit",
                "config": {**{key: net[key] for key in ("channels", "patch", "width", "heads", "mlp_hidden", "bottleneck", "depth")},
                           "condition": 0, "head_dim": net["width"] // net["heads"], "preamble": text["depth"],
                           "text": {"kind": "table", "vocab": text["vocab"]}, "text_length": text["length"], "size": [side, side]},
                "picture": {"channels": "rgba" if net["channels"] == 4 else "rgb", "premultiplied": True, "range": [-1.0, 1.0]},
                "noise_scale": 1.0,
                "sampler": {"method": "euler", "steps": 4, "guidance": 1.0, "guidance_interval": [0.05, 0.95]},
            },
            "text": {"tokenizer": {"kind": "bpe", "file": "tokenizer.json", "length": text["length"]}},
        },
    }


def package(name, folder, image2):
    """The package of network `name` in `folder`; made by the command `image2` unless it exists."""
    config = NETWORKS[name]
    form = config["format"]
    said = json.dumps(about(name, config), indent=1)
    out = folder / f"{name}-{form}-{hashlib.sha256(f'{said}{DRAWN}'.encode()).hexdigest()[:8]}"
    if not (out / "manifest.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        source, sheet, tokenizer = folder / f"{name}.safetensors", folder / f"{name}.json", folder / "tokenizer.json"
        save_file(weights(config), source, metadata={"format": "pt"})
        sheet.write_text(said)
        tokenizer.write_bytes(TOKENIZER.read_bytes())
        subprocess.run([image2, "models", "quantize", source, "--about", sheet, "--with", tokenizer, "--format", form, "-o", out], check=True)
        source.unlink()
    return out
