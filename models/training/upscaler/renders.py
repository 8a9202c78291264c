"""The upscaler's truths: drawings in all looks but pixel, rendered at 256² and some of them at 1024².

Renders are premultiplied uint8 in .npy files, which are mapped into memory. Each size is drawn from the vectors, in the same
frame. A subject is held out in all looks at once. Pixel art is enlarged by repetition, without a network.
"""
import json
import os
import random
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from data import drawings, looks, making, raster

LOOKS = {name: look for name, look in looks.LOOKS.items() if name != "pixel"}
SIDE, LARGE = 256, 1024
COUNTS = {"train": (3000, 300), "held": (98, 98)}  # drawings at SIDE, and how many of them at LARGE
HELD_OUT = 16  # one subject in so many
_KEPT = ("id", "set", "subject", "look", "group", "svg")


def held_out(subject):
    return zlib.crc32(f"upscaler|{subject}".encode()) % HELD_OUT == 0


def choose(rows, count, held, seed=0):
    """`count` rows of `looks.choose`, of each look in turn as long as it has any, in random order."""
    rng, by_look = random.Random(seed), {look: [] for look in LOOKS}
    for row in rows:
        if held_out(row["subject"]) == held:
            by_look[row["look"]].append(row)
    for of_look in by_look.values():
        rng.shuffle(of_look)
    longest = max(map(len, by_look.values()))
    return [of_look[k] for k in range(longest) for of_look in by_look.values() if k < len(of_look)][:count]


def draw(row, side):
    """A drawing of the index as premultiplied uint8 [4, side, side]."""
    return making.draw(row, side, row["frame"])


def _draw(job):
    return draw(*job)


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
    rows = choose(looks.choose(drawings.load(data), LOOKS), count, part == "held")
    framed = [{key: row[key] for key in _KEPT} | {"frame": frame} for row, frame in zip(rows, raster.frames(rows, workers)) if frame]
    with ProcessPoolExecutor(workers) as pool:
        images = list(pool.map(_draw, [(row, SIDE) for row in framed], chunksize=16))
        kept = [k for k, image in enumerate(images) if image is not None]
        framed = [framed[k] for k in kept]
        note(f"{part}: {len(framed)} drawings")
        write_array(folder / f"{part}-{SIDE}.npy", (images[k] for k in kept), (len(kept), 4, SIDE, SIDE))
        first = min(large, len(framed))
        write_array(folder / f"{part}-{LARGE}.npy", pool.map(_draw, [(row, LARGE) for row in framed[:first]]), (first, 4, LARGE, LARGE))
    index.with_suffix(".part").write_text(json.dumps(framed, ensure_ascii=False))
    os.replace(index.with_suffix(".part"), index)


def load(folder, part):
    """The drawings (id, subject, look, svg, frame) and their renders at 256² and 1024², the latter of the first ones only."""
    folder = Path(folder)
    rows = json.loads((folder / f"{part}.json").read_text())
    return rows, *(np.load(folder / f"{part}-{side}.npy", mmap_mode="r") for side in (SIDE, LARGE))


def shrunk(pixels, times=4):
    """uint8 [..., 4, S, S] averaged over squares of `times` pixels: float32 in [0, 1]."""
    *rest, height, width = pixels.shape
    squares = np.asarray(pixels, np.float32).reshape(*rest, height // times, times, width // times, times)
    return squares.mean((-3, -1)) / 255
