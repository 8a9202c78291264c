"""Sheets for visual inspection: samples of every group with prompt and findings, and the training drawings nearest to a
sample of the pictures, which would reveal copying."""
import textwrap

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont


TILE, GAP, LINE = 120, 6, 12
SMALL, LARGE = TILE // 2, 2 * TILE
RIGHT, WRONG, INK = (40, 150, 70), (205, 55, 50), (30, 30, 36)


def tile(picture, side):
    """Premultiplied RGBA [4, H, W] over a checkerboard, as an image that fits a square of `side`."""
    height, width = picture.shape[1:]
    scale = side / max(height, width)
    small = torch.nn.functional.interpolate(picture[None].float().cpu(), (round(height * scale), round(width * scale)),
                                            mode="bilinear", antialias=True)[0].clamp(0, 1)
    y, x = np.indices(small.shape[1:])
    board = torch.from_numpy(np.where((x // 8 + y // 8) % 2, 0.95, 0.85)).float()
    rgb = small[:3] + board * (1 - small[3:])
    return Image.fromarray((rgb.clamp(0, 1).permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))


def opened(path, side):
    """A picture file as an image of a side."""
    with Image.open(path) as image:
        return image.convert("RGB").resize((side, side))


def wrapped(prompt, lines=3):
    return textwrap.wrap(prompt, 22)[:lines]


class Page:
    """Tiles from left to right under headings."""

    def __init__(self, columns, cell):
        self.columns, self.cell, self.blocks = columns, cell, []
        self.font = ImageFont.load_default(size=10)

    def heading(self, text):
        self.blocks.append((text, []))

    def add(self, images, lines, colour=INK):
        """A cell: images side by side, then lines of text."""
        self.blocks[-1][1].append((images, lines, colour))

    def draw(self, path):
        width, height = self.cell
        rows = sum(-(-len(cells) // self.columns) for _, cells in self.blocks)
        out = Image.new("RGB", (self.columns * (width + GAP) + GAP, rows * (height + GAP) + len(self.blocks) * 24 + GAP), "white")
        pen, y = ImageDraw.Draw(out), GAP
        for title, cells in self.blocks:
            pen.text((GAP, y + 4), title, fill=INK, font=ImageFont.load_default(size=14))
            y += 24
            for start in range(0, len(cells), self.columns):
                for k, (images, lines, colour) in enumerate(cells[start : start + self.columns]):
                    x = GAP + k * (width + GAP)
                    for image in images:
                        out.paste(image, (x, y))
                        x += image.width + 2
                    for n, line in enumerate(lines):
                        pen.text((GAP + k * (width + GAP), y + max(image.height for image in images) + 1 + n * LINE), line, fill=colour if n == len(lines) - 1 else INK, font=self.font)
                y += height + GAP
        path.parent.mkdir(parents=True, exist_ok=True)
        out.save(path)


def samples(path, pictures, groups, each=8):
    """`groups`: name → list of (number of the picture, prompt, found, right). Shows the first `each` of every group, without selection."""
    page = Page(8, (TILE, TILE + 4 * LINE + 4))
    for name, shown in groups.items():
        right = sum(entry[3] for entry in shown)
        page.heading(f"{name}: the first {min(each, len(shown))} of {len(shown)}, {right} right in all")
        for k, prompt, found, correct in shown[:each]:
            page.add([tile(pictures[k], TILE)], [*wrapped(prompt), f"{'right' if correct else 'wrong'}: {found}"[:25]], RIGHT if correct else WRONG)
    page.draw(path)


def nearest(features, known, count=3):
    """Indices [B, count] and cosines of the `known` features [N, D] nearest to `features` [B, D]."""
    unit = lambda x: torch.nn.functional.normalize(x.float(), dim=1)
    cosines, at = (unit(features) @ unit(known).T).topk(min(count, len(known)), dim=1)
    return at, cosines


def neighbours(path, pictures, prompts, at, cosines, drawings, names):
    """Each picture with its nearest training drawings (uint8 [N, 4, S, S]), their cosines and names."""
    page = Page(4, (TILE + 3 * (SMALL + 2) + 2, TILE + 3 * LINE + 4))
    page.heading("pictures and their nearest training drawings, by the judge's features")
    for picture, prompt, row, near in zip(pictures, prompts, at.tolist(), cosines.tolist()):
        small = [tile(torch.from_numpy(np.asarray(drawings[k])) / 255, SMALL) for k in row]
        page.add([tile(picture, TILE), *small], [prompt[:56], "   ".join(f"{names[k]} {near[n]:.2f}" for n, k in enumerate(row))[:60]])
    page.draw(path)
