"""Reads a package's weights (models/package/FORMAT.md), to continue from the shipped model."""
import json
import math
from pathlib import Path

import torch
from safetensors.torch import load_file


def weights(folder):
    """{name: f32 tensor with the network's shape}. Digests are not verified; `image2 models verify` does that."""
    folder = Path(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    shards = {}
    for file in manifest["files"]:
        if file["name"].endswith(".safetensors"):
            shards |= load_file(folder / file["name"])
    return {name: dense(shards[name], shards.get(f"{name}.scales"), entry) for name, entry in manifest["tensors"].items()}


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
    columns = math.prod(entry["shape"][1:])
    return rows[:, :columns].reshape(entry["shape"]).contiguous()
