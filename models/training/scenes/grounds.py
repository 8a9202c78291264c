"""Backgrounds: their names, phrases, and the few numbers from which `ground_pixels.py` draws them.

Lengths are in units of the picture's shorter side. The origin is the picture's middle; y points down.
"""
from dataclasses import dataclass

from scenes.words import COLOUR_NAMES, COLOURS, GRADIENTS, GROUND_COLOURS, PATTERNS

TRANSPARENT, PLAIN, GRADIENT, PATTERN, SCENERY = range(5)
KINDS = ("transparent", "plain", "gradient", "pattern", "landscape", "sky", "night", "space", "underwater", "room")
GRADIENT_SHAPES = ("vertical", "diagonal", "horizontal", "radial")
PATTERN_SHAPES = ("stripes", "vertical stripes", "diagonal stripes", "polka dots", "checks", "grid", "zigzags", "waves")

# Layout of a ground's numbers. Colours are RGB in [0, 1].
SIZE = 48
KIND, SHAPE, SEED = 0, 1, 2
FIRST, SECOND = 3, 6  # colours; a scenery's sky at the top and at the horizon
PERIOD = 9  # a pattern's period
SUN, SUN_COLOUR = 10, 13  # x, y, radius (0: none); RGB
CLOUDS, DOTS, DOT_RADIUS, CRESCENT, HORIZON = 16, 17, 18, 19, 20  # two opacities, a length, a flag, y
LAYERS, LAYER_SIZE, LAYER_COUNT = 21, 9, 3  # each: colour, base y, amplitude, frequency, phase, shape, present
HILLS, PEAKS, LEVEL, SKYLINE, WAVES = range(5)  # shapes of a layer's upper edge


@dataclass(slots=True)
class Ground:
    """kind: one of KINDS; name: as in facts, a colour or the kind; detail: colours, pattern or scenery."""
    kind: str
    name: str
    detail: tuple
    values: list
    floor: tuple | None = None  # (highest, lowest) y of the feet of standing things
    colours: tuple = ()  # RGB in [0, 1] behind the subject, for contrast checks


def rgb(name):
    return tuple(c / 255 for c in COLOURS[name])


def _values(kind, shape, rng, first=(0, 0, 0), second=(0, 0, 0)):
    values = [0.0] * SIZE
    values[KIND], values[SHAPE], values[SEED] = kind, shape, float(int(rng.random() * 65536))
    values[FIRST:FIRST + 3], values[SECOND:SECOND + 3] = first, second
    return values


def transparent(rng, detail=None, aspect=1.0):
    return Ground("transparent", "transparent", (), [0.0] * SIZE)


def plain(rng, detail=None, aspect=1.0):
    name = detail or rng.choice(GROUND_COLOURS)
    return Ground("plain", name, (name,), _values(PLAIN, 0, rng, rgb(name), rgb(name)), None, (rgb(name),))


def gradient(rng, detail=None, aspect=1.0):
    first, second = (rng.choice(GRADIENTS) if rng.random() < 0.8 else rng.sample(COLOUR_NAMES, 2)) if not detail else detail[:2]
    if not detail and rng.random() < 0.3:
        first, second = second, first
    share = rng.random()
    shape = 0 if share < 0.55 else 1 if share < 0.75 else 2 if share < 0.83 else 3
    values = _values(GRADIENT, shape, rng, rgb(first), rgb(second))
    return Ground("gradient", "gradient", (first, second, GRADIENT_SHAPES[shape]), values, None, (rgb(first), rgb(second)))


def pattern(rng, detail=None, aspect=1.0):
    first, second = rng.choice(PATTERNS)
    shape = PATTERN_SHAPES.index(detail) if detail in PATTERN_SHAPES else int(rng.random() * len(PATTERN_SHAPES))
    values = _values(PATTERN, shape, rng, rgb(first), rgb(second))
    values[PERIOD] = 1 / rng.choice((5, 6, 8, 10))
    return Ground("pattern", "pattern", (first, second, PATTERN_SHAPES[shape]), values, None, (rgb(first), rgb(second)))


def _mix(a, b, share):
    return tuple(p + (q - p) * share for p, q in zip(a, b))


def _shade(colour, rng, spread=0.05):
    """A random variation of a colour, so that no two skies are equal."""
    light = rng.uniform(-spread, spread)
    return tuple(min(max(c + light + rng.uniform(-spread, spread) / 2, 0.0), 1.0) for c in colour)


def _hex(text):
    return tuple(int(text[k:k + 2], 16) / 255 for k in (0, 2, 4))


# Skies by time of day: (top, horizon).
_SKIES = {name: [tuple(map(_hex, pair.split())) for pair in pairs] for name, pairs in {
    "day": ["4aa3f0 bfe4fb", "62b6f5 d8f0fd", "3b93e6 a9d9fa", "7cc4f2 e4f4fb"],
    "dusk": ["5b4b9a ffab73", "3d3a80 f98f79", "7b5ea7 ffc08a", "f08a5d ffd59a", "c85c8e ffb37a"],
    "night": ["0b1033 2a3166", "0a0f2a 1d2b5c", "10123c 3b3470", "071426 143a5a"],
    "space": ["0a0820 2a1650", "050613 141b3c", "12072b 43206a"],
    "desert": ["5fb4ee fbe3bd", "79c0ee fde9c9", "f4a261 fde3b5"],
    "snow": ["8fbfe6 e6f1fa", "a9cdea f2f7fb", "6fa8d8 d8e8f5"],
    "water": ["3fc1d9 0e5c95", "57cfe0 136a9e", "2aa7cf 0b4a82"],
    "wall": ["f3e3cf ead2b8", "dbe8e4 c7dbd5", "f5d9d5 ebc6c0", "dfe3f1 cbd2e8", "f4ecd0 e8dcb4", "d5e4c8 c3d6b3"],
}.items()}

# Scenery: kind, sky, probability of a sun or moon, probability of clouds; layers from back to front as (colours, base,
# amplitude, frequency, shape); range of the feet. Bases and feet are offsets from the middle in halves of the height.
_GREENS, _SANDS = "8fd06a 7bc75c 9bd770 6cbf64", "f4dba4 f0d193 f7e3b5"
_SEAS = "2f8fd0 2aa5c9 3a9ad9 2383bd"
_SCENERY = {
    "meadow": ("landscape", "day", 0.5, 0.8, ((_GREENS, .12, .07, 3.0, HILLS), ("6dbb52 5fb04e 79c45a", .30, .06, 2.2, HILLS)), (.42, .86)),
    "hills": ("landscape", "day", 0.6, 0.8, (("a9d8a0 9bd0b4", -.05, .12, 3.4, HILLS), (_GREENS, .15, .1, 2.6, HILLS),
                                            ("5fb04e 6dbb52", .40, .05, 1.8, HILLS)), (.52, .88)),
    "beach": ("landscape", "day", 0.6, 0.7, ((_SEAS, .05, 0, 1, LEVEL), (_SANDS, .42, .03, 1.8, HILLS)), (.56, .9)),
    "sea": ("landscape", "day", 0.5, 0.8, ((_SEAS, .1, 0, 1, LEVEL), ("2678b5 1f86ab", .45, .018, 9, WAVES)), (.45, .8)),
    "snow": ("landscape", "snow", 0.2, 0.5, (("cfdfee c3d8ea", .08, .12, 3.2, HILLS), ("f4f8fc eef5fb", .30, .06, 2.0, HILLS)), (.45, .88)),
    "desert": ("landscape", "desert", 0.6, 0.2, (("e9b872 e3ad66", .1, .1, 2.8, HILLS), ("f1cc8c eec480", .32, .06, 1.9, HILLS)), (.45, .88)),
    "mountains": ("landscape", "day", 0.4, 0.7, (("8fa6c4 9db0cc 8a9bbd", .12, .34, 2.3, PEAKS), ("7d93ad 86a08f", .2, .16, 3.6, PEAKS),
                                                 (_GREENS, .36, .04, 2.0, HILLS)), (.5, .88)),
    "forest": ("landscape", "day", 0.4, 0.5, (("5d9c78 6aa684", .12, .13, 12, PEAKS), ("3f8560 3a7d56", .26, .12, 9, PEAKS),
                                              ("7cc260 86c968", .42, .03, 2.0, HILLS)), (.54, .88)),
    "sunset": ("landscape", "dusk", 1.0, 0.3, (("6b5b95 50508a 7a5c86", .18, 0, 1, LEVEL), ("4a4478 3d3f6e", .5, .015, 9, WAVES)), (.5, .82)),
    "city": ("landscape", "day", 0.3, 0.6, (("a9bfd8 b5c4dc", .18, .36, 5.5, SKYLINE), ("7f9abf 8b9cc2 8d93b8", .34, .30, 4.0, SKYLINE),
                                            ("8d939f 9aa0ab", .52, 0, 1, LEVEL)), (.64, .9)),
    "sky": ("sky", "day", 0.4, 1.0, (), None),
    "night": ("night", "night", 0.7, 0.0, (), None),
    "night hills": ("night", "night", 0.7, 0.0, (("1f2f5c 24315f", .22, .1, 2.8, HILLS), ("16244a 14284a", .42, .06, 2.0, HILLS)), (.54, .88)),
    "space": ("space", "space", 0.5, 0.0, (), None),
    "underwater": ("underwater", "water", 0.0, 0.0, (("e6cf9a dcc48e", .78, .05, 2.6, HILLS),), None),
    "room": ("room", "wall", 0.0, 0.0, (("c89f73 b98a5e d8b48a a98467", .45, 0, 1, LEVEL),), (.6, .9)),
    "table": ("room", "wall", 0.0, 0.0, (("b9824f a8744a c99a68 8f6242", .38, 0, 1, LEVEL),), (.5, .8)),
}
PLACES = {kind: [name for name, entry in _SCENERY.items() if entry[0] == kind] for kind in KINDS}
_BODY = {"day": _hex("ffe27a"), "dusk": _hex("ffe9b0"), "night": _hex("f4efd2"), "snow": _hex("fff6d8"),
         "desert": _hex("fff0b8"), "space": _hex("e8b98a")}


def scenery(rng, detail, aspect=1.0):
    """A landscape, sky or room of the given name, with random colours, hills, clouds and light."""
    kind, hour, sun, clouds, layers, feet = _SCENERY[detail]
    width, height = max(aspect, 1.0), max(1 / aspect, 1.0)
    top, low = rng.choice(_SKIES[hour])
    values = _values(SCENERY, 0, rng, _shade(top, rng), _shade(low, rng))
    horizon = height / 2
    for k, (colours, base, amplitude, frequency, shape) in enumerate(layers):
        at = LAYERS + k * LAYER_SIZE
        colour = _hex(colours[7 * int(rng.random() * ((len(colours) + 1) // 7)):][:6])
        y = (base + rng.uniform(-.03, .03)) * height / 2
        values[at:at + LAYER_SIZE] = (*_shade(colour, rng, .03), y, amplitude * rng.uniform(.7, 1.2) * .5,
                                      frequency * rng.uniform(.8, 1.2), rng.uniform(0, 6.28), shape, 1.0)
        horizon = min(horizon, y)
    values[HORIZON] = horizon
    if rng.random() < sun:
        on_sea = detail == "sunset"
        radius = rng.uniform(.09, .14) if on_sea or kind in ("night", "space") else rng.uniform(.06, .1)
        side = 1 if rng.random() < .5 else -1
        values[SUN] = rng.uniform(-.15, .15) * width if on_sea else side * rng.uniform(.22, .38) * width
        values[SUN + 1] = horizon - radius * rng.uniform(.1, .6) if on_sea else -height / 2 + rng.uniform(.14, .22) * height
        values[SUN + 2] = radius
        values[SUN_COLOUR:SUN_COLOUR + 3] = _shade(_BODY[hour], rng, .04)
        values[CRESCENT] = 1.0 if kind == "night" and rng.random() < .6 else 0.0
    values[CLOUDS] = rng.uniform(.6, .95) if rng.random() < clouds else 0.0
    if kind in ("night", "space"):
        values[DOTS], values[DOT_RADIUS] = rng.uniform(.7, 1.0), rng.uniform(.006, .011)
    elif detail == "snow" and rng.random() < .6 or kind == "underwater":
        values[DOTS], values[DOT_RADIUS] = (.85, rng.uniform(.009, .016)) if detail == "snow" else (.35, rng.uniform(.018, .03))
        values[HORIZON] = height / 2  # flakes and bubbles fall in front of the hills, too
    floor = None if feet is None else (feet[0] * height / 2, feet[1] * height / 2)
    return Ground(kind, kind, (detail,), values, floor, (values[FIRST:FIRST + 3], values[SECOND:SECOND + 3],
                                                         *(values[LAYERS + k * LAYER_SIZE:][:3] for k in range(len(layers)))))


_MAKERS = {"transparent": transparent, "plain": plain, "gradient": gradient, "pattern": pattern}


def make(kind, rng, detail=None, aspect=1.0):
    """A ground of a kind. detail: a colour, two colours, the name of a pattern or scenery, or None for a random one."""
    if kind in _MAKERS:
        return _MAKERS[kind](rng, detail, aspect)
    return scenery(rng, detail or rng.choice(PLACES[kind]), aspect)


# How people ask for a scenery; the scene room reads prompts with it.
PHRASES = {
    "meadow": ("in a meadow", "on a green meadow", "in a field", "on the grass", "landscape background"),
    "hills": ("in front of green hills", "in the hills", "with green hills in the background", "landscape background"),
    "beach": ("on a beach", "on the beach", "on a sandy beach", "at the seaside", "beach background"),
    "sea": ("by the sea", "on the sea", "at sea", "ocean background", "in front of the sea"),
    "snow": ("in the snow", "on a snowy hill", "in a snowy landscape", "winter landscape background"),
    "desert": ("in the desert", "in a desert", "among sand dunes", "desert background"),
    "mountains": ("in the mountains", "in front of mountains", "with mountains in the background", "mountain landscape background"),
    "forest": ("in a forest", "in the woods", "in front of a forest", "forest background"),
    "sunset": ("at sunset", "in front of a sunset", "by the sea at sunset", "sunset background"),
    "city": ("in a city", "in the city", "in front of a city skyline", "in front of skyscrapers", "city background"),
    "sky": ("in the sky", "in a blue sky", "against a blue sky", "on a blue sky with clouds", "sky background", "among the clouds"),
    "night": ("at night", "under the stars", "in the night sky", "in a starry night", "starry night background", "night sky background"),
    "night hills": ("at night", "under a starry sky", "under the stars", "on a hill at night", "night landscape background"),
    "space": ("in space", "in outer space", "among the stars", "space background"),
    "underwater": ("under water", "underwater", "under the sea", "in the ocean", "underwater background"),
    "room": ("in a room", "on the floor", "indoors", "on a wooden floor", "room background"),
    "table": ("on a table", "on a wooden table", "on a desk"),
}
