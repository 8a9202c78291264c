"""Captioned scenes by construction. Layouts and captions are made on the processor, pixels on any device.

    rows, pixels = raster.rasterize(drawings.load(), 256)
    world, bank = World(measure(rows, pixels)), Bank(pixels, device="cuda")
    batch = pack([world.draw(rng, aspect=4 / 3) for _ in range(512)])  # in worker processes
    pictures = render(bank, batch, 224, 288)  # [512, 4, 224, 288], premultiplied, in [0, 1]
"""
from scenes.batch import Batch, Layer, Scene, pack
from scenes.grounds import Ground
from scenes.held_out import held_out
from scenes.lettering import Lettering
from scenes.pixels import Bank, render, render_mask
from scenes.plans import PRESET
from scenes.recolour import measure
from scenes.world import World

__all__ = ["PRESET", "Bank", "Batch", "Ground", "Layer", "Lettering", "Scene", "World", "held_out", "measure", "pack", "render", "render_mask"]
