"""Typesetting: carriers with their colours and text, and words alone."""
from scenes.batch import LETTER, Layer
from scenes.carriers import CARRIERS, DARK, PAPER
from scenes.layouts import Item
from scenes.words import COLOURS

_CARRIED = {carrier.name: carrier for carrier in CARRIERS}
_WOOD = ((0.78, 0.58, 0.38), (0.70, 0.49, 0.30), (0.84, 0.66, 0.45))
_PLATES = (0.98, 0.98, 0.96), (0.98, 0.82, 0.2)
_CHALKBOARD = (0.16, 0.32, 0.27)
_WHITE, _SILVER, _INK, _LEMON = (1.0, 1.0, 1.0), (0.86, 0.88, 0.92), (0.13, 0.14, 0.2), (1.0, 0.9, 0.45)
_VIVID = ("navy", "maroon", "blue", "red", "dark green", "purple")
_RAINBOW = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "turquoise")
_MIN_CONTRAST = 0.32  # in lightness, between coloured letters and their background


def rgb(name):
    """A colour name's RGB in [0, 1]."""
    return tuple(channel / 255 for channel in COLOURS[name])


def distance(a, b):
    return sum((p - q) ** 2 for p, q in zip(a, b)) ** 0.5


def light(colour):
    """Perceived lightness in [0, 1]."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def _diagonal(colour):
    return colour[0], 0.0, 0.0, 0.0, colour[1], 0.0, 0.0, 0.0, colour[2]


def carrier_item(plan, lettering, first_sprite, rng):
    """The carrier's Item in its colours, with letters as riders. first_sprite: index of the lettering's first sprite."""
    carrier = _CARRIED[plan.carrier]
    body, paper, dark = _inks(carrier, plan.colours[-1], plan.skin, rng)
    sprite, box, (x, y, width, height) = lettering.carrier_index[plan.carrier, plan.skin]
    letter = _diagonal(_letter_colour({PAPER: paper, DARK: dark}.get(carrier.on, body), rng))
    places, _ = lettering.fonts[plan.font].spell(plan.letters, width, height * rng.uniform(0.8, 1.0))
    riders = [(first_sprite + lettering.glyph(plan.font, character), px, py, side, letter) for character, px, py, side in places]
    inks = tuple(channel for row in zip(body, paper, dark) for channel in row)  # each ink's colour is a column of the matrix
    return Item(first_sprite + sprite, box, inks, 1, riders, (x, y))


def _inks(carrier, name, skin, rng):
    """(body, paper, dark) RGB of a carrier."""
    if carrier.colour == "plate":
        body, dark = rng.choice(_PLATES), _INK
    elif carrier.colour:
        body = rng.choice(_WOOD)
        dark = _CHALKBOARD if carrier.on == DARK else tuple(channel * 0.66 for channel in body)
    else:
        body = rgb(name)
        dark = tuple(channel * 0.62 for channel in body) if light(body) > 0.2 else tuple(channel + 0.25 for channel in body)
    if skin == "outlined" and carrier.on != DARK:
        dark = _INK
    return body, _WHITE if carrier.on == PAPER or light(body) < 0.9 else _SILVER, dark


def _letter_colour(behind, rng):
    """A legible letter colour on a background: mostly dark on light and white on dark."""
    if light(behind) < 0.62:
        return _WHITE if rng.random() < 0.85 else _LEMON
    colour = rgb(rng.choice(_VIVID))
    return colour if rng.random() < 0.45 and light(behind) - light(colour) > _MIN_CONTRAST else _INK


def word(plan, picture, ground, lettering, first_sprite, rng):
    """Places a word alone across the picture, sometimes with letters at uneven heights."""
    width, height = picture.width - 0.1, picture.height - 0.1
    places, unit = lettering.fonts[plan.font].spell(plan.letters, width * rng.uniform(0.8, 0.98), min(height * 0.75, 0.8))
    colours = [rgb(plan.colours[0])] * len(places) if plan.colours[0] else _many(len(places), ground, rng)
    dance = rng.uniform(0.03, 0.1) if len(places) > 1 and rng.random() < 0.2 else 0.0
    shift = rng.uniform(-0.25, 0.25) * max(height - unit * 1.2, 0)
    for (character, x, y, side), colour in zip(places, colours):
        picture.layers.append(Layer(first_sprite + lettering.glyph(plan.font, character), x, y + shift + rng.uniform(-dance, dance) * unit,
                                    side, 1, rng.uniform(-2, 2) * dance, _diagonal(colour), LETTER))


def _many(count, ground, rng):
    """A colour for each letter; none is too close to the ground's."""
    names = [name for name in _RAINBOW if all(distance(rgb(name), colour) > 0.35 for colour in ground.colours)] or list(_RAINBOW)
    rng.shuffle(names)
    return [rgb(names[k % len(names)]) for k in range(count)]
