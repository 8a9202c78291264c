"""Reads a model package (models/package/FORMAT.md, version 2) without verifying it: for packages made on this machine."""
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open

BLOCK = 32
BYTES = {"f32": 128, "f16": 64, "q8": 32, "q4": 16}


@dataclass
class Blocks:
    """A matrix as the package stores it."""
    format: str
    shape: tuple  # of the tensor; its first dimension are the rows
    values: np.ndarray  # [rows, blocks, block bytes] uint8
    scales: np.ndarray | None  # [rows, blocks] float16
    layout: str = "blocks"

    def dense(self):
        """The values that the engine computes with, f32 in the tensor's shape."""
        if self.format in ("f32", "f16"):
            grid = self.values.view("<f4" if self.format == "f32" else "<f2").astype(np.float32)
        else:
            if self.format == "q8":
                steps = self.values.view(np.int8).astype(np.float32)
            else:
                steps = np.stack([self.values & 15, self.values >> 4], -1).reshape(*self.values.shape[:2], BLOCK).astype(np.float32) - 8
            grid = steps * self.scales.astype(np.float32)[..., None]
        grid = grid.reshape(len(grid), -1)[:, : int(np.prod(self.shape[1:]))]
        if self.layout == "ohwi":
            out, channels, height, width = self.shape
            return np.ascontiguousarray(grid.reshape(out, height, width, channels).transpose(0, 3, 1, 2))
        return grid.reshape(self.shape)


def read(folder, component="denoiser"):
    """(the component's description, name → Blocks, or an f32 array where the layout is plain)."""
    folder = Path(folder)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    shards = {}
    tensors = {}
    for name, entry in manifest["tensors"][component].items():
        file = manifest["files"][entry["file"]]["name"]
        if file not in shards:
            shards[file] = safe_open(folder / file, "np")
        stored = shards[file].get_tensor(f"{component}.{name}")
        if entry["layout"] == "plain":
            tensors[name] = stored.astype(np.float32).reshape(entry["shape"])
            continue
        scales = shards[file].get_tensor(f"{component}.{name}.scales").T if entry["format"] in ("q8", "q4") else None
        values = np.ascontiguousarray(stored.reshape(-1, entry["shape"][0], BYTES[entry["format"]]).transpose(1, 0, 2))
        scales = None if scales is None else np.ascontiguousarray(scales)
        tensors[name] = Blocks(entry["format"], tuple(entry["shape"]), values, scales, entry["layout"])
    return manifest["components"][component], tensors
