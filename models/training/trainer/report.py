"""Reports of a run: log lines, plots, sheets of samples."""
import json
import math

import numpy as np
import torch
from PIL import Image, ImageDraw


def over_board(images):
    """Premultiplied RGBA [B, 4, H, W] in [-1, 1] over a checkerboard, which shows transparency: uint8 [B, H, W, 3]."""
    images = ((images.float().cpu() + 1) / 2).clamp(0, 1)
    y, x = np.indices(images.shape[-2:])
    board = torch.from_numpy(np.where((x // 8 + y // 8) % 2, 0.95, 0.85)).float()
    images = (images[:, :3] + board * (1 - images[:, 3:])).clamp(0, 1).permute(0, 2, 3, 1)
    return (images.numpy() * 255).round().astype(np.uint8)


def sheet(images, path, captions=None, columns=8):
    """Writes samples in rows, with captions beneath."""
    tiles = over_board(images)
    height, width, below = tiles.shape[1], tiles.shape[2], 14 if captions else 0
    rows = math.ceil(len(tiles) / columns)
    out = Image.new("RGB", (columns * width, rows * (height + below)), "white")
    pen = ImageDraw.Draw(out)
    for i, tile in enumerate(tiles):
        x, y = i % columns * width, i // columns * (height + below)
        out.paste(Image.fromarray(tile), (x, y))
        if captions:
            pen.text((x + 2, y + height + 1), captions[i][: width // 6], fill="black")
    out.save(path)


class Log:
    """Writes lines of JSON and a plot of all of them."""

    def __init__(self, folder):
        self.path, self.plot_path = folder / "log.jsonl", folder / "log.png"

    def write(self, row):
        print(json.dumps(row), flush=True)
        with open(self.path, "a") as log:
            log.write(json.dumps(row) + "\n")

    def plot(self):
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
        rows = [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []
        figure, axes = pyplot.subplots(1, 3, figsize=(15, 4))
        for axis, key in zip(axes, ("loss", "rate", "pictures_s")):
            axis.plot([row["seen"] for row in rows if key in row], [row[key] for row in rows if key in row])
            axis.set(xlabel="pictures seen", title=key)
        axes[0].set_yscale("log")
        figure.tight_layout()
        figure.savefig(self.plot_path)
        pyplot.close(figure)
