"""Rasterizes drawings to premultiplied RGBA, on all cores, with a cache.

Small drawings are rendered at twice their side and averaged in premultiplied form, which avoids dark fringes at half
transparent edges. resvg fails on a few drawings: it panics, which Python raises as a BaseException, or ends its process.
These drawings are dropped; the run continues.
"""
import hashlib
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from io import BytesIO
from pathlib import Path

import numpy as np

SUPERSAMPLING = 2  # for sides below LARGE; above, resvg's own smoothing suffices and takes a quarter of the time
LARGE = 256
VISIBLE_ALPHA = 8  # of 255: a drawing that never exceeds it is empty
MIN_COVERAGE = 0.01  # share of visible pixels below which a drawing is a speck
FORMAT = 2  # part of the cache's digest: increase it when the pixels of equal rows change


def supersampling(side):
    return SUPERSAMPLING if side < LARGE else 1


def render(svg, side):
    """One drawing, centred in its square, as premultiplied uint8 [4, side, side]; None if it fails or is empty."""
    import resvg_py
    from PIL import Image

    times = supersampling(side)
    large = side * times
    try:
        png = resvg_py.svg_to_bytes(svg_string=svg, width=large, height=large, skip_system_fonts=True)
        image = Image.open(BytesIO(bytes(png))).convert("RGBA")
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # pyo3's PanicException is not an Exception
        return None
    if image.width > large or image.height > large:
        return None
    square = Image.new("RGBA", (large, large))
    square.paste(image, ((large - image.width) // 2, (large - image.height) // 2))
    rgba = np.asarray(square).astype(np.float32)
    rgba[..., :3] *= rgba[..., 3:] / 255
    rgba = rgba.reshape(side, times, side, times, 4).mean((1, 3)).round().astype(np.uint8)
    if (rgba[..., 3] > VISIBLE_ALPHA).mean() < MIN_COVERAGE:
        return None
    return np.ascontiguousarray(rgba.transpose(2, 0, 1))


def _job(job):
    return render(*job)


def _render_all(svgs, side, workers):
    """Images in order, None for failed ones. A drawing that ends its process is found by rendering each alone."""
    jobs = [(svg, side) for svg in svgs]
    if workers <= 1:
        return [render(*job) for job in jobs]
    try:
        with ProcessPoolExecutor(workers) as pool:
            return list(pool.map(_job, jobs, chunksize=16))
    except BrokenProcessPool:
        return [image for start in range(0, len(jobs), 64) for image in _render_carefully(jobs[start:start + 64])]


def _render_carefully(jobs):
    try:
        with ProcessPoolExecutor(1) as pool:
            return list(pool.map(_job, jobs))
    except BrokenProcessPool:
        if len(jobs) == 1:
            return [None]
        half = len(jobs) // 2
        return _render_carefully(jobs[:half]) + _render_carefully(jobs[half:])


def digest(rows, side):
    """Hex digest of all inputs to the pixels: the drawings in order, the side, the format's number."""
    state = hashlib.sha256(f"{FORMAT} {side} {supersampling(side)} {MIN_COVERAGE}".encode())
    for row in rows:
        state.update(hashlib.sha256(row["svg"].encode()).digest())
    return state.hexdigest()


def rasterize(rows, side, workers=None, cache_path=None):
    """The rows that could be rendered, and their premultiplied pixels, uint8 [N, 4, side, side].

    `cache_path` (a .npz) stores the pixels; they are read back as long as rows and side are the same.
    """
    key = digest(rows, side)
    cache_path = Path(cache_path) if cache_path else None
    if cache_path and cache_path.exists():
        with np.load(cache_path) as cache:
            if str(cache["digest"]) == key:
                return [rows[i] for i in cache["kept"]], cache["images"]
    images = _render_all([row["svg"] for row in rows], side, workers or os.cpu_count() or 1)
    kept = [i for i, image in enumerate(images) if image is not None]
    pixels = np.stack([images[i] for i in kept]) if kept else np.zeros((0, 4, side, side), np.uint8)
    if cache_path:
        cache_path.parent.mkdir(parents=True, exist_ok=True)
        partial = cache_path.with_name(cache_path.name + ".part.npz")
        np.savez(partial, digest=key, kept=np.array(kept, np.int64), images=pixels)
        partial.replace(cache_path)
    return [rows[i] for i in kept], pixels
