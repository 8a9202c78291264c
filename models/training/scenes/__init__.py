"""Captioned things by construction. Things and captions are drawn on the processor, pixels on any device.

    rows, pixels = raster.rasterize(looks.choose(drawings.load()), 64)
    world, bank = World(rows), Bank(Sprites.of(rows, pixels), device="cuda")
    batch = pack([world.draw(rng) for _ in range(512)])  # in worker processes
    pictures = render(bank, batch)  # [512, 4, 64, 64], premultiplied, in [0, 1]
"""
from scenes.batch import Batch, Thing, pack
from scenes.edit_pixels import render_edits
from scenes.edits import Editor, Edits, cases, pack_edits
from scenes.held_out import colour_held_out, look_held_out
from scenes.opening import open_world
from scenes.pixels import Bank, Sprites, render
from scenes.world import PRESET, World

__all__ = ["PRESET", "Bank", "Batch", "Editor", "Edits", "Sprites", "Thing", "World", "cases", "colour_held_out", "look_held_out", "open_world",
           "pack", "pack_edits", "render", "render_edits"]
