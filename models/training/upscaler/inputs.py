"""The upscaler's inputs made with the drawer: what it makes of noisy drawings. They are computed once and kept as uint8.

cleaned  drawings noised to a time in CLEANED, denoised by one prediction (CLEANED_COPIES each)
stepped  drawings noised to time 0.5, brought to 1 by two steps (STEPPED_COPIES each): these deviate more
"""
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from network import MmJit
from network.objective import noisy
from network.sampling import advance, exported
from scenes.nouns import spoken
from text.tokenizer import Tokenizer
from trainer.precision import half
from upscaler import renders
from upscaler.srvgg import finish

CLEANED = (0.55, 0.95)
STEPPED = (0.5, 0.75, 1.0)
CLEANED_COPIES, STEPPED_COPIES = 4, 2
BATCH = 64


class Drawer:
    """A run's averaged network, from a folder with preset.json, model.safetensors and tokenizer.json."""

    def __init__(self, folder):
        folder = Path(folder)
        config = json.loads((folder / "preset.json").read_text())
        self.noise, self.length = config["picture"]["noise"], config["text"]["length"]
        self.tokenizer = Tokenizer.load(folder / "tokenizer.json")
        weights = load_file(folder / "model.safetensors")
        config["text"]["vocab"] = len(weights["txt_embedder.weight"])
        self.net = MmJit(config).eval().requires_grad_(False)
        self.net.load_state_dict(weights)

    def features(self, rows):
        captions = [f"a {row['look']} {spoken(row['subject'])}" for row in rows]
        return self.net.encode_text(self.tokenizer.encode_batch(captions, self.length))

    def cleaned(self, pictures, txt, generator):
        """Pictures [B, 4, H, W] in [0, 1] after noise and one prediction, as exported."""
        low, high = CLEANED
        t = low + (high - low) * torch.rand(len(pictures), 1, 1, 1, generator=generator)
        x = noisy(pictures * 2 - 1, t, self.noise, generator)
        return exported(self._predict(x, txt))

    def stepped(self, pictures, txt, generator):
        x = noisy(pictures * 2 - 1, STEPPED[0], self.noise, generator)
        for now, then in zip(STEPPED, STEPPED[1:]):
            x = advance(x, self._predict(x, txt), now, then)
        return exported(x)

    def _predict(self, x, txt):
        with half(x.device):
            return self.net.picture(x, None, txt).float()


@torch.no_grad()
def prepare(folder, part, drawer, note=print):
    """Writes PART-cleaned.npy and PART-stepped.npy, uint8 [N, copies, 4, 64, 64], for the renders of the same part."""
    folder = Path(folder)
    paths = folder / f"{part}-cleaned.npy", folder / f"{part}-stepped.npy"
    if all(path.exists() for path in paths):
        return
    drawer = Drawer(drawer)
    rows, pixels, _ = renders.load(folder, part)
    generator = torch.Generator().manual_seed(len(part))
    for path, make, copies in zip(paths, (drawer.cleaned, drawer.stepped), (CLEANED_COPIES, STEPPED_COPIES)):
        def batches():
            for start in range(0, len(rows), BATCH):
                some = slice(start, start + BATCH)
                small, txt = torch.from_numpy(renders.shrunk(pixels[some])), drawer.features(rows[some])
                yield from torch.stack([bytes_of(make(small, txt, generator)) for _ in range(copies)], 1).numpy()
        side = pixels.shape[-1] // 4
        renders.write_array(path, batches(), (len(rows), copies, 4, side, side))
        note(f"{path.name}: {copies} for each of {len(rows)} drawings")


def bytes_of(pictures):
    """[B, 4, H, W] -> valid premultiplied uint8."""
    return (finish(pictures) * 255 + 0.5).to(torch.uint8)


def load(folder, part):
    """The cleaned and stepped inputs, uint8 [N, copies, 4, 64, 64], mapped into memory."""
    return tuple(np.load(Path(folder) / f"{part}-{name}.npy", mmap_mode="r") for name in ("cleaned", "stepped"))
