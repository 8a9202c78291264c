"""Captioned scenes by construction: what is drawn and said on the processor, pixels on any device."""
from scenes.batch import Batch, Layer, Scene, pack
from scenes.grounds import Ground
from scenes.held_out import held_out
from scenes.lettering import Lettering
from scenes.pixels import Bank, render, render_mask
from scenes.plans import PRESET
from scenes.recolour import measure
from scenes.world import World

__all__ = ["PRESET", "Bank", "Batch", "Ground", "Layer", "Lettering", "Scene", "World", "held_out", "measure", "pack", "render", "render_mask"]
