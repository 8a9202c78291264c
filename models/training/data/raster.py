"""Rasterizes rows in their looks: every drawing's visible box fills the same share of its square, centred, at any side.

    rows, pixels = rasterize(looks.choose(drawings.load()), 64, cache=Path("build/run"))

Work is spread over all cores and kept in a cache, which is mapped into memory: processes share it, and only what is used
is resident. resvg fails on a few drawings: it panics, or ends its process. These drawings are dropped; the run continues.
"""
import hashlib
import json
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np

from data import body, looks, making, svg
from data.render import MIN_COVERAGE, render, supersampling

FILL = 0.86  # share of the square's side that the longer side of the visible box takes
MEASURED = 64  # side at which visible boxes are measured, for every side alike
VISIBLE = 16  # of 255: alpha above which a pixel belongs to the visible box
CHANNELS = 5  # premultiplied RGBA, and the body (see body.py)
FORMAT = 4  # part of the cache's digest: increase it when the pixels of equal rows change


def rasterize(rows, side, workers=None, cache=None):
    """The rows that could be drawn, and uint8 [N, 5, side, side]: premultiplied RGBA and body. The rows are copies without
    SVG and with `tone` (mean OKLab colour of the body) and `body` (its share of the visible area).

    `cache`: a folder for drawings-SIDE.npy, which is read back as long as rows and side are the same.
    """
    key = digest(rows, side)
    if cache:
        pixels_path, notes_path = cache / f"drawings-{side}.npy", cache / f"drawings-{side}.json"
        if notes_path.exists() and pixels_path.exists():
            notes = json.loads(notes_path.read_text())
            if notes["digest"] == key:
                return _measured(rows, notes), np.load(pixels_path, mmap_mode="c")
    workers = workers or os.cpu_count() or 1
    framed = frames(rows, workers)
    images = _all(_draw, [(row, side, frame) for row, frame in zip(rows, framed)], workers)
    kept = [i for i, image in enumerate(images) if image is not None]
    pixels = np.zeros((len(kept), CHANNELS, side, side), np.uint8)
    for k, i in enumerate(kept):
        pixels[k, :4] = images[i]
    del images
    tones = body.add(pixels, [rows[i] for i in kept])
    notes = {"digest": key, "kept": kept, "tones": [[round(float(number), 4) for number in tone] for tone in tones]}
    if cache:
        cache.mkdir(parents=True, exist_ok=True)
        notes_path.unlink(missing_ok=True)
        partial = pixels_path.with_suffix(".part.npy")
        np.save(partial, pixels)
        partial.replace(pixels_path)
        notes_path.write_text(json.dumps(notes))
    return _measured(rows, notes), pixels


def _measured(rows, notes):
    return [{name: value for name, value in rows[i].items() if name != "svg"} | {"tone": tuple(tone[:3]), "body": tone[3]}
            for i, tone in zip(notes["kept"], notes["tones"])]


def digest(rows, side):
    """Hex digest of all inputs to the pixels."""
    state = hashlib.sha256(f"{FORMAT} {side} {supersampling(side)} {MIN_COVERAGE} {FILL}".encode())
    for row in rows:
        state.update(f"{row['id']} {row.get('look')} {row.get('group')} {looks.kin(row)}".encode())
        state.update(hashlib.sha256(row["svg"].encode()).digest())
    return state.hexdigest()


def frames(rows, workers=1):
    """The frame (left, top, side) of each row, None if it cannot be drawn. Kin share a frame, so that they are aligned."""
    drawings = {row["id"]: row for row in rows}
    boxes = dict(zip(drawings, _all(_box, [(row["svg"],) for row in drawings.values()], workers)))
    together = {}
    for name, row in drawings.items():
        if boxes[name]:
            together.setdefault(looks.kin(row), []).append(boxes[name])
    frame = {kin: _frame([f(edge) for f, edge in zip((min, min, max, max), zip(*several))]) for kin, several in together.items()}
    return [boxes[row["id"]] and frame[looks.kin(row)] for row in rows]


def _frame(box):
    left, top, right, bottom = box
    side = max(right - left, bottom - top) / FILL
    return (left + right - side) / 2, (top + bottom - side) / 2, side


def _box(text):
    """The visible box (left, top, right, bottom) in the drawing's units, or None."""
    left, top, width, height = svg.view_box(text)
    side = max(width, height)
    left, top = left + (width - side) / 2, top + (height - side) / 2
    image = render(svg.framed(text, (left, top, side)), MEASURED)
    if image is None:
        return None
    visible, unit = image[3] > VISIBLE, side / MEASURED
    across, down = np.flatnonzero(visible.any(0)), np.flatnonzero(visible.any(1))
    if not len(across):
        return None
    return left + across[0] * unit, top + down[0] * unit, left + (across[-1] + 1) * unit, top + (down[-1] + 1) * unit


def _draw(row, side, frame):
    return frame and making.draw(row, side, frame)


def _call(job):
    return job[0](*job[1])


def _quiet():
    import torch
    torch.set_num_threads(1)


def _all(function, jobs, workers):
    """Results in order, None for failed ones. A drawing that ends its process is found by drawing each alone."""
    jobs = [(function, job) for job in jobs]
    if workers <= 1:
        return [_call(job) for job in jobs]
    try:
        with ProcessPoolExecutor(workers, initializer=_quiet) as pool:
            return list(pool.map(_call, jobs, chunksize=16))
    except BrokenProcessPool:
        return [result for start in range(0, len(jobs), 64) for result in _carefully(jobs[start:start + 64])]


def _carefully(jobs):
    try:
        with ProcessPoolExecutor(1, initializer=_quiet) as pool:
            return list(pool.map(_call, jobs))
    except BrokenProcessPool:
        if len(jobs) == 1:
            return [None]
        half = len(jobs) // 2
        return _carefully(jobs[:half]) + _carefully(jobs[half:])
