"""Carriers of letters: signs, badges, bubbles, caps …, defined here as small SVGs in three inks.

An ink is a primary colour in the drawing: red is the body, green the paper (usually white), blue the dark parts.
A 3×3 matrix gives each ink its colour, so one sprite serves all colours, including mixtures and shades. Training does not draw
carriers; the scene room does.
"""
from dataclasses import dataclass

SKINS = ("flat", "outlined", "3d")
BODY, PAPER, DARK = "#f00", "#0f0", "#00f"
_LIGHT, _DEEP = {BODY: "#c83700", PAPER: "#0f0", DARK: "#0032c8"}, {BODY: "#b90000", PAPER: "#00d700", DARK: "#0000b9"}


@dataclass(frozen=True, slots=True)
class Carrier:
    """shapes: (ink, SVG element without fill) from back to front; text: (x, y, width, height) in a square of 100 by 100;
    on: the ink behind the letters; colour: the body's usual colour, as wood has one, or None."""
    name: str
    nouns: tuple
    shapes: tuple
    text: tuple
    on: str = BODY
    colour: str | None = None
    tilt: float = 0.0


def _rect(x, y, width, height, radius=0):
    return f'rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"'


def _path(d):
    return f'path d="{d}"'


def _circle(x, y, radius):
    return f'circle cx="{x}" cy="{y}" r="{radius}"'


def _scallop(points=14, inner=41, outer=47):
    from math import cos, pi, sin
    corners = [(50 + r * sin(a), 50 - r * cos(a)) for k in range(2 * points)
               for r, a in [((outer, inner)[k % 2], pi * k / points)]]
    return _path("M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + " Z")


CARRIERS = (
    Carrier("sign", ("sign", "sign", "signboard"), ((DARK, _rect(46, 50, 8, 47, 1)), (BODY, _rect(6, 10, 88, 50, 6)),
            (PAPER, _rect(11, 15, 78, 40, 3))), (15, 19, 70, 32), PAPER),
    Carrier("wooden sign", ("wooden sign", "wooden sign", "wooden signpost"), ((DARK, _rect(44, 55, 12, 43, 2)),
            (BODY, _path("M5 14 L95 11 L97 57 L4 60 Z")), (DARK, _rect(12, 18, 4, 4, 2)), (DARK, _rect(85, 17, 4, 4, 2)),
            (DARK, _rect(12, 50, 4, 4, 2)), (DARK, _rect(85, 49, 4, 4, 2))), (19, 20, 62, 31), BODY, "wood"),
    Carrier("road sign", ("road sign", "traffic sign"), ((DARK, _rect(47, 60, 6, 38)), (BODY, _path(
            "M50 3 Q53 3 55 5 L92 39 Q96 43 92 47 L55 81 Q50 85 45 81 L8 47 Q4 43 8 39 L45 5 Q47 3 50 3 Z"))), (24, 30, 52, 26)),
    Carrier("badge", ("badge", "badge", "round badge", "pin badge"), ((BODY, _scallop()), (PAPER, _circle(50, 50, 36)),
            (BODY, _circle(50, 50, 33))), (22, 36, 56, 28)),
    Carrier("button", ("button", "button", "push button"), ((DARK, _rect(4, 30, 92, 46, 22)), (BODY, _rect(4, 25, 92, 45, 22))),
            (18, 32, 64, 31)),
    Carrier("speech bubble", ("speech bubble", "speech bubble", "speech balloon"), ((BODY, _path(
            "M16 10 H84 Q96 10 96 22 V58 Q96 70 84 70 H46 Q38 84 20 92 Q27 80 25 70 H16 Q4 70 4 58 V22 Q4 10 16 10 Z")),),
            (14, 20, 72, 40)),
    Carrier("cap", ("cap", "cap", "baseball cap"), ((BODY, _path("M14 66 Q10 18 50 17 Q90 18 86 66 Z")), (DARK, _circle(50, 16, 4)),
            (DARK, _path("M8 67 Q50 52 92 67 Q98 74 92 80 Q50 66 8 80 Q2 74 8 67 Z"))), (25, 31, 50, 23)),
    Carrier("mug", ("mug", "mug", "coffee mug", "cup"), ((DARK, _path("M70 32 H82 Q96 34 95 52 Q94 70 72 71 V62 Q85 62 86 52 Q86 42 80 41 H70 Z")),
            (BODY, _path("M10 18 H75 V78 Q75 90 63 90 H22 Q10 90 10 78 Z")), (PAPER, _path("M10 18 H75 V23 H10 Z"))), (15, 39, 55, 31)),
    Carrier("flag", ("flag", "flag", "waving flag"), ((DARK, _rect(8, 5, 5, 92, 2)), (BODY, _path(
            "M13 10 Q34 3 54 10 T95 10 V58 Q74 65 54 58 T13 58 Z"))), (21, 20, 66, 29)),
    Carrier("t-shirt", ("t-shirt", "t-shirt", "tee shirt", "shirt"), ((BODY, _path(
            "M34 8 Q50 20 66 8 L82 14 L98 38 L83 48 L77 40 V94 H23 V40 L17 48 L2 38 L18 14 Z")),
            (DARK, _path("M34 8 Q50 20 66 8 L70 9.500 Q50 28 30 9.500 Z"))), (28, 42, 44, 25)),
    Carrier("balloon", ("balloon", "balloon", "party balloon"), ((DARK, _path("M49 78 Q44 88 50 99 L52 99 Q47 88 51.500 78 Z")), (DARK, _path("M50 73 L44 81 H56 Z")),
            (BODY, _path("M50 2 Q86 3 86 38 Q85 64 50 76 Q15 64 14 38 Q14 3 50 2 Z"))), (22, 24, 56, 28)),
    Carrier("banner", ("banner", "banner", "ribbon banner", "ribbon"), ((DARK, _path("M2 40 H26 V74 H2 L10 57 Z")),
            (DARK, _path("M98 40 H74 V74 H98 L90 57 Z")), (BODY, _rect(12, 30, 76, 36, 1))), (17, 35, 66, 26)),
    Carrier("price tag", ("price tag", "tag", "label"), ((BODY, _path("M30 18 H90 Q96 18 96 24 V76 Q96 82 90 82 H30 Q26 82 23 79 L4 54 Q1 50 4 46 L23 21 Q26 18 30 18 Z")),
            (PAPER, _circle(19, 50, 6))), (31, 32, 58, 36)),
    Carrier("book", ("book", "book", "closed book"), ((DARK, _rect(14, 4, 72, 92, 5)), (PAPER, _rect(20, 84, 63, 9, 2)), (BODY, _rect(14, 4, 72, 80, 5)),
            (DARK, _rect(14, 4, 7, 84, 2))), (27, 24, 53, 34)),
    Carrier("shield", ("shield", "shield", "crest"), ((PAPER, _path("M50 3 Q70 14 92 14 Q94 70 50 97 Q6 70 8 14 Q30 14 50 3 Z")),
            (BODY, _path("M50 9 Q70 19 87 19.500 Q88 66 50 91 Q12 66 13 19.500 Q30 19 50 9 Z"))), (22, 29, 56, 32)),
    Carrier("number plate", ("number plate", "licence plate", "license plate"), ((DARK, _rect(2, 30, 96, 40, 7)), (BODY, _rect(4.5, 32.5, 91, 35, 5))),
            (12, 37, 76, 26), BODY, "plate"),
    Carrier("sticky note", ("sticky note", "note", "post-it note"), ((BODY, _path("M8 8 H92 V70 L70 92 H8 Z")), (DARK, _path("M92 70 H70 V92 Z"))), (17, 26, 66, 38)),
    Carrier("key", ("keyboard key", "computer key"), ((DARK, _rect(6, 8, 88, 86, 14)), (BODY, _rect(14, 10, 72, 68, 10))), (22, 25, 56, 38)),
    Carrier("screen", ("screen", "computer screen", "monitor"), ((DARK, _path("M42 74 H58 L62 92 H38 Z")), (DARK, _rect(3, 8, 94, 68, 6)), (BODY, _rect(8, 13, 84, 58, 2))),
            (15, 24, 70, 36)),
    Carrier("box", ("box", "cardboard box"), ((BODY, _rect(8, 26, 84, 68, 2)), (DARK, _path("M8 26 L20 10 H80 L92 26 Z")), (DARK, _path("M44 10 H56 V38 H44 Z"))),
            (16, 46, 68, 32), BODY, "box"),
    Carrier("heart", ("heart", "candy heart"), ((BODY, _path("M50 92 Q4 58 4 32 Q5 8 28 8 Q43 8 50 22 Q57 8 72 8 Q95 8 96 32 Q96 58 50 92 Z")),), (20, 30, 60, 28)),
    Carrier("ticket", ("ticket", "admission ticket"), ((BODY, _path("M4 28 H96 V42 A8 8 0 0 0 96 58 V72 H4 V58 A8 8 0 0 0 4 42 Z")), (PAPER, _path("M20 31 h2 v38 h-2 Z M78 31 h2 v38 h-2 Z"))),
            (26, 36, 48, 28)),
    Carrier("blackboard", ("blackboard", "chalkboard"), ((BODY, _rect(3, 12, 94, 70, 4)), (DARK, _rect(8, 17, 84, 60, 1)), (PAPER, _rect(16, 79, 14, 4, 2))),
            (15, 26, 70, 40), DARK, "wood"),
)
NAMES = tuple(carrier.name for carrier in CARRIERS)


def svg(carrier, skin):
    """A carrier as SVG. A skin has plain fills, fills with dark outlines, or fills with light from above."""
    stroke = f' stroke="{DARK}" stroke-width="3" stroke-linejoin="round"' if skin == "outlined" else ""
    defs, body = "", ""
    for k, (ink, shape) in enumerate(carrier.shapes):
        fill = ink
        if skin == "3d":
            defs += (f'<linearGradient id="g{k}" x1="0" y1="0" x2="0.25" y2="1"><stop offset="0" stop-color="{_LIGHT[ink]}"/>'
                     f'<stop offset="0.45" stop-color="{ink}"/><stop offset="1" stop-color="{_DEEP[ink]}"/></linearGradient>')
            fill = f"url(#g{k})"
        body += f'<{shape} fill="{fill}"{stroke}/>'
    margin = 2 if skin == "outlined" else 0
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-margin} {-margin} {100 + 2 * margin} {100 + 2 * margin}">'
            f"<defs>{defs}</defs>{body}</svg>")


def text_area(carrier, skin):
    """(x, y, width, height) of the area for letters, as fractions of the sprite's side, from its middle."""
    margin = 2 if skin == "outlined" else 0
    x, y, width, height = carrier.text
    side = 100 + 2 * margin
    return (x + width / 2 - 50) / side, (y + height / 2 - 50) / side, width / side, height / side
