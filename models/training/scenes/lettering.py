"""Lettering: the texts, the free fonts, the carriers, and the place of each letter.

The bank contains further sprites after the drawings, in this order: the soft shadow of standing things, every carrier in
every skin, every character in every font. Glyphs are white; a layer's matrix colours them.
"""
import string
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scenes.carriers import CARRIERS, SKINS, svg, text_area
from scenes.held_out import LETTERS

CHARACTERS = string.ascii_uppercase + string.digits + "!?"
DEFAULT_FONTS = Path(__file__).resolve().parent.parent / "build" / "data" / "fonts"
# Words for a font's letters, by a part of its file name.
FONT_WORDS = {"pressstart": ("pixel", "8-bit", "pixelated"), "pixel": ("pixel", "pixelated"), "silkscreen": ("pixel",), "vt323": ("pixel",),
              "pacifico": ("script", "handwritten"), "lobster": ("script", "fancy"), "script": ("script", "handwritten"),
              "hand": ("handwritten",), "marker": ("handwritten", "marker"), "caveat": ("handwritten",), "comic": ("comic",),
              "bangers": ("comic",), "slab": ("slab serif", "bold"), "serif": ("serif",), "playfair": ("serif", "elegant"),
              "mono": ("monospaced", "typewriter"), "typewriter": ("typewriter",), "elite": ("typewriter",), "black": ("bold", "heavy"),
              "bold": ("bold",), "anton": ("bold", "condensed"), "bungee": ("chunky", "bold"), "fredoka": ("rounded", "bubbly"),
              "nunito": ("rounded",), "baloo": ("rounded", "bubbly"), "chewy": ("bubbly", "playful"), "lilita": ("bold", "playful"),
              "alfa": ("bold", "slab serif"), "oswald": ("condensed",), "bebas": ("condensed", "bold"), "stencil": ("stencil",)}
_MEASURE = 200  # font size in pixels at which metrics are measured
_ROOM = 0.94  # share of a sprite's side that the largest glyph fills
_SHADOW_ALPHA = 0.34

WORDS = tuple(word.upper() for word in (Path(__file__).parent / "letters.txt").read_text(encoding="utf-8").split())
TRAINED_WORDS = tuple(word for word in dict.fromkeys(WORDS) if word not in LETTERS)


def text_to_letter(rng):
    """A word, a number or some letters; never a held-out word."""
    while True:
        share = rng.random()
        if share < 0.62:
            return rng.choice(TRAINED_WORDS)
        if share < 0.82:
            digits = 1 + int(rng.random() * 4 * rng.random() + rng.random())
            text = str(int(rng.random() * 10 ** min(digits, 4)))
        elif share < 0.88:
            text = rng.choice(TRAINED_WORDS)[:4] + ("!" if rng.random() < .7 else "?")
        else:
            text = "".join(rng.choices(string.ascii_uppercase, k=1 + int(rng.random() * 4)))
        if text not in LETTERS and text.rstrip("!?") not in LETTERS:
            return text


class Font:
    """Metrics of one font in units of its capital height, and its glyphs as sprites."""

    def __init__(self, path=None):
        self.path, self.name = path, Path(path).stem if path else "default"
        loaded = self._load(_MEASURE)
        boxes = {c: loaded.getbbox(c, anchor="ls") for c in CHARACTERS}
        self.top, self.bottom = min(b[1] for b in boxes.values()), max(b[3] for b in boxes.values())
        width = max(b[2] - b[0] for b in boxes.values())
        capital = -boxes["H"][1]
        self.scale = _ROOM / max(width, self.bottom - self.top)  # sprite sides per pixel at the measuring size
        self.side = 1 / (self.scale * capital)  # side of a sprite, in capital heights
        self.advance = {c: loaded.getlength(c) / capital for c in CHARACTERS}
        self.centre = {c: (b[0] + b[2]) / 2 / capital for c, b in boxes.items()}  # from the pen position to the glyph's middle
        self.extent = {c: (b[2] - b[0]) / capital for c, b in boxes.items()}
        # Distance from the middle between baseline and capital line down to the sprite's middle.
        self.sink = ((self.top + self.bottom) / 2 + capital / 2) / capital
        low = self.name.lower().replace("-", "").replace("_", "")
        self.words = next((words for part, words in FONT_WORDS.items() if part in low), ())

    def _load(self, size):
        return ImageFont.truetype(str(self.path), size) if self.path else ImageFont.load_default(size)

    def sprites(self, side):
        """uint8 [characters, 4, side, side], white, drawn at twice the side."""
        large = 2 * side
        loaded = self._load(_MEASURE * self.scale * large)
        baseline = large / 2 - (self.top + self.bottom) / 2 * self.scale * large
        out = np.zeros((len(CHARACTERS), 4, side, side), np.uint8)
        for k, character in enumerate(CHARACTERS):
            left, _, right, _ = loaded.getbbox(character, anchor="ls")
            image = Image.new("L", (large, large))
            ImageDraw.Draw(image).text((large / 2 - (left + right) / 2, baseline), character, 255, loaded, anchor="ls")
            out[k] = np.asarray(image, np.float32).reshape(side, 2, side, 2).mean((1, 3)).round()
        return out

    def spell(self, text, width, height, gap=0.06):
        """[(character, x, y, sprite side)] of text that fills a box around the origin, and the height of its capitals."""
        pen, places = 0.0, []
        for character in text:
            places.append((character, pen + self.centre[character]))
            pen += self.advance[character] + gap
        left = places[0][1] - self.extent[text[0]] / 2
        right = places[-1][1] + self.extent[text[-1]] / 2
        unit = min(width / (right - left), height)
        middle, sink = (left + right) / 2, self.sink * unit
        return [(c, (x - middle) * unit, sink, self.side * unit) for c, x in places], unit


def _shadow(side):
    """A soft, dark, flat ellipse in the middle of its square, uint8 [4, side, side]."""
    line = (np.arange(side) + 0.5) / side * 2 - 1
    distance = np.sqrt(line[None] ** 2 + (line[:, None] / 0.17) ** 2)
    alpha = np.clip(1 - distance, 0, 1)
    alpha = alpha * alpha * (3 - 2 * alpha) * _SHADOW_ALPHA
    return np.stack([np.zeros_like(alpha)] * 3 + [alpha * 255]).round().astype(np.uint8)


class Lettering:
    """Fonts and carriers with their sprites. World and bank must share one object; the default is a single one."""

    def __init__(self, fonts=None):
        """fonts: paths of TrueType files; Pillow's own font if there are none."""
        from data.raster import render

        self.fonts = [Font(path) for path in fonts or ()] or [Font()]
        self.carrier_index = {}
        for k, (carrier, skin) in enumerate((c, s) for c in CARRIERS for s in SKINS):
            alpha = render(svg(carrier, skin), 96)[3] > 16
            across, down = np.flatnonzero(alpha.any(0)), np.flatnonzero(alpha.any(1))
            box = (across[0] / 96, down[0] / 96, (across[-1] + 1) / 96, (down[-1] + 1) / 96)
            self.carrier_index[carrier.name, skin] = (1 + k, tuple(map(float, box)), text_area(carrier, skin))
        self.first_glyph = 1 + len(CARRIERS) * len(SKINS)
        self.shadow = 0

    def __len__(self):
        return self.first_glyph + len(self.fonts) * len(CHARACTERS)

    def glyph(self, font, character):
        """Index of a glyph among the sprites that follow the drawings."""
        return self.first_glyph + font * len(CHARACTERS) + CHARACTERS.index(character)

    def sprites(self, side):
        """uint8 [len(self), 4, side, side], premultiplied."""
        from data.raster import render

        shapes = [render(svg(carrier, skin), side) for carrier in CARRIERS for skin in SKINS]
        return np.concatenate([np.stack([_shadow(side), *shapes]), *(font.sprites(side) for font in self.fonts)])


@lru_cache(maxsize=None)
def default():
    """The Lettering with the collected fonts."""
    return Lettering(sorted(DEFAULT_FONTS.glob("*.[to]tf")))
