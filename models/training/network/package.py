"""Reads a package's weights (models/package/FORMAT.md, versions 1 and 2), to continue from the shipped model."""
import json
import math
from pathlib import Path

import torch
from safetensors.torch import load_file


def described(folder):
    """{component: its description} of a package: architecture, config and how it is used."""
    manifest = _manifest(folder)
    if manifest["version"] == 1:
        denoiser = {key: manifest[key] for key in ("architecture", "config", "picture", "sampler")}
        return {"denoiser": denoiser, "text": {"tokenizer": manifest["tokenizer"]}}
    return {name: value for name, value in manifest["components"].items() if value is not None}


def weights(folder, component="denoiser"):
    """{name: f32 tensor with the network's shape} of a component. Digests are not verified; `image2 models verify` does that."""
    folder, manifest = Path(folder), _manifest(folder)
    first = manifest["version"] == 1
    entries = manifest["tensors"] if first and component == "denoiser" else {} if first else manifest["tensors"].get(component, {})
    if not entries:
        raise KeyError(f"{folder} has no {component} with weights")
    prefix, shards = "" if first else f"{component}.", {}
    for file in {entry["file"] for entry in entries.values()}:
        shards |= load_file(folder / manifest["files"][file]["name"])
    return {name: dense(shards[prefix + name], shards.get(f"{prefix}{name}.scales"), entry) for name, entry in entries.items()}


def dense(stored, scales, entry):
    """One tensor of the manifest. For block formats, `stored` is [B, rows, block bytes] and `scales` is [B, rows]."""
    if entry["layout"] == "plain":
        return stored.float().reshape(entry["shape"])
    if entry["format"] == "q8":
        values = stored.view(torch.int8).float()
    elif entry["format"] == "q4":
        values = torch.stack([stored & 15, stored >> 4], -1).flatten(-2).float() - 8
    else:
        values = stored.view({"f16": torch.float16, "f32": torch.float32}[entry["format"]]).float()
    if scales is not None:
        values = values * scales.float()[..., None]
    rows = values.transpose(0, 1).flatten(1)  # [rows, B · 32]: the last block is padded
    rows = rows[:, : math.prod(entry["shape"][1:])]
    if entry["layout"] == "ohwi":
        out, channels, height, width = entry["shape"]
        return rows.reshape(out, height, width, channels).permute(0, 3, 1, 2).contiguous()
    return rows.reshape(entry["shape"]).contiguous()


def _manifest(folder):
    manifest = json.loads((Path(folder) / "manifest.json").read_text())
    if manifest["version"] not in (1, 2):
        raise ValueError(f"{folder} has version {manifest['version']}; this program reads 1 and 2")
    return manifest
