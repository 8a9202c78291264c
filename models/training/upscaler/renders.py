"""The upscaler's truths: drawings rendered at 256² and some of them at 1024², placed as the drawer places single things.

Drawings are placed in their vector form, so each size is sharp. Renders are premultiplied uint8 in .npy files, which are
mapped into memory. A subject is held out in all looks at once.
"""
import json
import os
import random
import re
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from data import drawings, raster

LOOKS = ("3d", "flat", "bold", "cartoon")
SIDE, LARGE = 256, 1024
COUNTS = {"train": (3000, 300), "held": (96, 96)}  # drawings at SIDE, and how many of them at LARGE
HELD_OUT = 16  # one subject in so many
SHARE = (0.80, 0.92)  # of the picture's side, the longer side of a thing
SHIFT = 0.03  # largest distance of its middle from the picture's, as share of the side
_ROOT = re.compile(r"<svg\b[^>]*>")


def held_out(subject):
    return zlib.crc32(f"upscaler|{subject}".encode()) % HELD_OUT == 0


def choose(rows, count, held, seed=0):
    """`count` pictorial rows of all looks in turn, drawn by their weights without repetition."""
    rng, chosen = random.Random(seed), {}
    for look in LOOKS:
        of_look = [row for row in rows if row["style"] == look and row["pictorial"] and held_out(row["subject"]) == held]
        order = sorted(of_look, key=lambda row: rng.random() ** (1 / row["weight"]), reverse=True)  # Efraimidis and Spirakis
        chosen[look] = order[:-(-count // len(LOOKS))]
    return [row for turn in zip(*chosen.values()) for row in turn][:count]


def placed(svg, scale, x, y):
    """The SVG in a square where its own square has side `scale` and its middle is moved by (x, y), all in shares of the side."""
    opening = _ROOT.search(svg).group()
    inner = re.sub(r'\s(?:x|y|width|height)="[^"]*"', "", opening)
    corner = lambda away: f"{1000 * (0.5 + away - scale / 2):.3f}"
    inner = inner.replace("<svg", f'<svg x="{corner(x)}" y="{corner(y)}" width="{1000 * scale:.3f}" height="{1000 * scale:.3f}"', 1)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 1000">{svg.replace(opening, inner, 1)}</svg>'


def place(box, rng):
    """Scale and shift (scale, x, y) of a drawing whose visible part is `box` (left, top, right, bottom), shares of its side."""
    left, top, right, bottom = box
    scale = rng.uniform(*SHARE) / max(right - left, bottom - top, 1e-3)
    away = lambda middle: rng.uniform(-SHIFT, SHIFT) - (middle - 0.5) * scale
    return scale, away((left + right) / 2), away((top + bottom) / 2)


def visible_box(pixels):
    """The visible part of premultiplied uint8 [4, S, S], as shares of the side."""
    side, visible = pixels.shape[-1], pixels[3] > 16
    across, down = np.flatnonzero(visible.any(0)), np.flatnonzero(visible.any(1))
    return (across[0] / side, down[0] / side, (across[-1] + 1) / side, (down[-1] + 1) / side) if len(across) else (0, 0, 1, 1)



def _place_one(job):
    row, seed = job
    small = raster.render(row["svg"], 64)
    if small is None:
        return None
    at = place(visible_box(small), random.Random(f"{seed}/{row['id']}"))
    return {"id": row["id"], "subject": row["subject"], "look": row["style"], "svg": placed(row["svg"], *at)}


def _render_one(job):
    svg, side = job
    return raster.render(svg, side)


def write_array(path, arrays, shape):
    """Writes an iterable of uint8 arrays as one .npy of `shape`, replaced when complete."""
    partial = path.with_suffix(".part")
    store = np.lib.format.open_memmap(partial, "w+", np.uint8, shape)
    for k, array in enumerate(arrays):
        store[k] = array
    store.flush()
    os.replace(partial, path)


def prepare(folder, data, part, workers=None, note=print):
    """Renders the "train" or "held" drawings once into the folder: PART.json, PART-256.npy, PART-1024.npy."""
    folder = Path(folder)
    index = folder / f"{part}.json"
    if index.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    count, large = COUNTS[part]
    rows = choose(drawings.load(data), count, part == "held")
    with ProcessPoolExecutor(workers) as pool:
        drawn = [row for row in pool.map(_place_one, [(row, part) for row in rows], chunksize=16) if row]
        pixels = list(pool.map(_render_one, [(row["svg"], SIDE) for row in drawn], chunksize=16))
        kept = [k for k, image in enumerate(pixels) if image is not None]
        drawn, pixels = [drawn[k] for k in kept], [pixels[k] for k in kept]
        note(f"{part}: {len(drawn)} drawings")
        write_array(folder / f"{part}-{SIDE}.npy", pixels, (len(drawn), 4, SIDE, SIDE))
        first = min(large, len(drawn))
        jobs = [(row["svg"], LARGE) for row in drawn[:first]]
        write_array(folder / f"{part}-{LARGE}.npy", pool.map(_render_one, jobs), (first, 4, LARGE, LARGE))
    index.with_suffix(".part").write_text(json.dumps(drawn, ensure_ascii=False))
    os.replace(index.with_suffix(".part"), index)


def load(folder, part):
    """The drawings (id, subject, look, svg) and their renders at 256² and 1024², the latter of the first ones only."""
    folder = Path(folder)
    rows = json.loads((folder / f"{part}.json").read_text())
    return rows, *(np.load(folder / f"{part}-{side}.npy", mmap_mode="r") for side in (SIDE, LARGE))


def shrunk(pixels, times=4):
    """uint8 [..., 4, S, S] averaged over squares of `times` pixels: float32 in [0, 1]."""
    *rest, height, width = pixels.shape
    squares = np.asarray(pixels, np.float32).reshape(*rest, height // times, times, width // times, times)
    return squares.mean((-3, -1)) / 255
