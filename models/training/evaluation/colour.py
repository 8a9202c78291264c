"""Whether a thing has the colour that was told.

A told colour is that of the thing's body: its walls, not its windows. Which part is the body is not known in a drawn picture.
So the question is turned round: how much of the thing could be that colour, in light and in shade? The colour is right if this
is at least a quarter of the thing, as much in the mean as the word says, and no clearly different colour covers much more.

Distances are in OKLab. Prompts ask only for colours that the real drawing of the thing does not have by this rule.
"""
import math

import torch

from data import oklab
from scenes.words import COLOURS

PART = 0.25  # smallest share of the thing
OTHERS = 1.5  # how much more than the told colour a clearly different one may cover
GREY = 0.045  # chroma below which a colour is grey
HUE = math.radians(28)  # largest difference of hue from the word's
SHADE, LIGHT = 0.24, 0.2  # how much darker and lighter than the word a pixel may be
MEAN = 0.1  # how far the mean lightness may be from the word's
INK = 0.22  # lightness below which a pixel is an outline or a shadow, unless a dark colour is told
APART = 0.17  # distance from which colours are clearly different

NAMES = list(COLOURS)
WORDS = oklab.from_rgb(torch.tensor([COLOURS[name] for name in NAMES], dtype=torch.float32) / 255)


def visible(picture, limit=20000):
    """OKLab [N, 3] of the thing's solid pixels in a picture [4, H, W]."""
    step = max(1, round((picture[0].numel() / limit) ** 0.5))
    small = picture[:, ::step, ::step].flatten(1)
    small = small[:, small[3] > 0.5]
    return oklab.from_rgb((small[:3] / small[3]).clamp(0, 1).T)


def could_be(lab, word):
    """Which pixels [N, 3] could be a colour [3] in light and shade: bool [N]."""
    (chroma, hue), (wish, turn) = (oklab.polar(x) for x in (lab, word[None]))
    level = (lab[:, 0] > word[0] - SHADE) & (lab[:, 0] < word[0] + LIGHT)
    if wish < GREY:
        return level & (chroma < 1.4 * GREY)
    away = torch.remainder(hue - turn + math.pi, 2 * math.pi) - math.pi
    reach = HUE * (0.12 / wish.clamp(max=0.12))  # the hue of pale colours is less certain
    return level & (away.abs() < reach) & (chroma > 0.35 * wish) & (chroma < 2 * wish + 0.03)


def shares(picture, look=None):
    """name → (share of the thing that could be this colour, mean lightness of that part)."""
    lab = visible(picture)
    if look == "line":  # the ink has the colour; the rest is white
        lab = lab[(lab[:, 0] < 0.9) | (oklab.polar(lab)[0] > 0.06)]
    out = {}
    for name, word in zip(NAMES, WORDS):
        seen = lab if word[0] < 2 * INK or look == "line" else lab[lab[:, 0] > INK]
        part = could_be(seen, word)
        light = seen[part, 0].mean().item() if part.any() else 0.0
        out[name] = (part.sum().item() / max(len(seen), 1), light)
    return out


def told(picture, name, look=None):
    """Whether a picture's thing has the named colour."""
    found, word = shares(picture, look), WORDS[NAMES.index(name)]
    share, light = found[name]
    rivals = [found[other][0] for other, lab in zip(NAMES, WORDS) if (lab - word).norm() > APART and abs(found[other][1] - lab[0]) < MEAN]
    return share >= PART and abs(light - float(word[0])) < MEAN and max(rivals, default=0) <= OTHERS * share
