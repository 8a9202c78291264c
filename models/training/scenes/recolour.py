"""Recolouring: finds drawings with a single hue, and computes the 3×3 matrix that changes it.

The matrix acts on premultiplied RGB, so it preserves transparency. It maps white to white, black to black and the drawing's
tone to the requested one, and therefore shades and highlights of the tone to those of the requested one.
"""
import colorsys

import numpy as np

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
BLACK = (0.0,) * 9
MIN_CHROMATIC = 0.45  # share of a drawing's area that must be colourful
MIN_ONE_HUE = 0.90  # share of the colourful area that must be within ±30° of the main hue
VISIBLE = 0.5  # smallest alpha of the pixels that count
# Hue in degrees [from, to), minimum saturation, value [from, to), name. Only undisputed colours have a row; the first match
# counts.
_NAMED = ((0, 9, .6, .5, 1.1, "red"), (351, 360, .6, .5, 1.1, "red"), (0, 9, .6, .25, .5, "maroon"), (351, 360, .6, .25, .5, "maroon"),
          (20, 37, .68, .85, 1.1, "orange"), (42, 58, .55, .85, 1.1, "yellow"), (85, 150, .35, .42, 1.1, "green"),
          (85, 170, .35, .2, .42, "dark green"), (172, 186, .5, .45, .8, "teal"), (204, 238, .58, .45, 1.1, "blue"),
          (196, 225, .3, .85, 1.1, "sky blue"), (205, 240, .5, .2, .45, "navy"), (258, 285, .3, .4, 1.1, "purple"), (318, 342, .3, .75, 1.1, "pink"))


def measure(rows, drawings):
    """Copies of rows with measurements of their pixels; drawings: premultiplied uint8 [N, 4, S, S].

    box   (left, top, right, bottom) of the visible part, as fractions of the drawing's side
    mean  mean visible colour, RGB in [0, 1]
    tone  the colour of a single-hue drawing, RGB in [0, 1], or None
    """
    return [{**row, **_measure_one(image)} for row, image in zip(rows, drawings)]


def _measure_one(image):
    side = image.shape[-1]
    visible = image[3] > 16
    across, down = np.flatnonzero(visible.any(0)), np.flatnonzero(visible.any(1))
    box = (across[0] / side, down[0] / side, (across[-1] + 1) / side, (down[-1] + 1) / side) if len(across) else (0, 0, 1, 1)
    step = max(side // 48, 1)
    small = image[:, ::step, ::step].reshape(4, -1).astype(np.float32) / 255
    small = small[:, small[3] > VISIBLE]
    if not small.shape[1]:
        return {"box": box, "mean": (0.5, 0.5, 0.5), "tone": None}
    colour = (small[:3] / small[3]).clip(0, 1)
    return {"box": tuple(map(float, box)), "mean": tuple(map(float, colour.mean(1))), "tone": _tone(colour)}


def _tone(colour):
    """Typical colour of a single-hue drawing's pixels [3, n], or None."""
    high, low = colour.max(0), colour.min(0)
    chroma = high - low
    vivid = (chroma > 0.2) & (chroma > 0.28 * high)
    if vivid.mean() < MIN_CHROMATIC:
        return None
    pixels, weight, value, chroma = colour[:, vivid], chroma[vivid], high[vivid], chroma[vivid]
    red, green, blue = pixels
    hue = np.where(value == red, (green - blue) / chroma % 6, np.where(value == green, (blue - red) / chroma + 2, (red - green) / chroma + 4)) / 6
    angle = hue * 2 * np.pi
    main = np.arctan2((weight * np.sin(angle)).sum(), (weight * np.cos(angle)).sum())
    near = np.cos(angle - main) > np.cos(np.pi / 6)
    if weight[near].sum() < MIN_ONE_HUE * weight.sum():
        return None
    return tuple(map(float, np.median(pixels[:, near], 1)))


def matrix(tone, wish):
    """Row-major 3×3 matrix, as nine floats, that turns `tone` into `wish` (RGB in [0, 1]).

    A colour is grey plus chroma. Chroma is rotated and scaled in its plane such that tone's chroma becomes wish's. Grey
    changes by the difference of both greys, in proportion to the chroma in tone's direction.
    """
    tone, wish = np.asarray(tone), np.asarray(wish)
    grey = np.full((3, 3), 1 / 3)
    a, b = tone - tone.mean(), wish - wish.mean()
    length = a @ a
    u = np.array([a, np.cross([1, 1, 1], a) / np.sqrt(3)])  # the direction of tone's chroma and the one perpendicular to it
    v = np.array([b, np.cross([1, 1, 1], b) / np.sqrt(3)])
    turn = v.T @ u / length
    lift = (wish.mean() - tone.mean()) * np.outer(np.ones(3), a) / length
    return tuple(map(float, (grey + turn + lift).reshape(-1)))


def colour_name(tone):
    """The name of a tone, or None if it is between named colours."""
    hue, saturation, value = colorsys.rgb_to_hsv(*tone)
    hue *= 360
    if 12 <= hue < 45 and value < 0.75 and saturation > 0.35:
        return "brown"
    for low, high, pale, dark, bright, name in _NAMED:
        if low <= hue < high and saturation >= pale and dark <= value < bright:
            return name
    return None
