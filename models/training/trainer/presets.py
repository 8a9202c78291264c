"""Presets, and a preset's picture shapes."""
import json
from pathlib import Path

HERE = Path(__file__).parents[1]
ASPECTS = {"4:3": 4 / 3, "3:4": 3 / 4, "16:9": 16 / 9, "9:16": 9 / 16}


def preset(name):
    return json.loads((HERE / "presets" / f"{name}.json").read_text())


def buckets(config):
    """(height, width) of the square and of the other aspect ratios, all with about the same number of patches: for each
    ratio, the nearest grid whose number of patches is within 4 % of the square's."""
    patch, grid = config["network"]["patch"], config["picture"]["side"] // config["network"]["patch"]
    out = [(grid * patch, grid * patch)]
    for aspect in ASPECTS.values():
        grids = [(r, c) for r in range(2, 3 * grid) for c in range(2, 3 * grid) if abs(r * c / grid**2 - 1) <= 0.04]
        rows, columns = min(grids, key=lambda g: abs(g[1] / g[0] / aspect - 1) + abs(g[0] * g[1] / grid**2 - 1))
        out.append((rows * patch, columns * patch))
    return out
