"""Layouts: fits boxes into pictures of any shape, several in rows, pairs in their relation.

The picture's shorter side is 1, the origin is the middle, y points down. Boxes are the visible parts of drawings, not
their squares.
"""
from dataclasses import dataclass, field
from math import cos, sin

from scenes.batch import LETTER, SHADOW, SUBJECT, Layer
from scenes.recolour import BLACK, IDENTITY

MARGIN = 0.03
MAX_SCALE = 1.7  # largest scale of a sprite, except in close-ups
SIZES = {"tiny": (0.22, 0.32), "small": (0.36, 0.52), "large": (0.94, 1.0), "close-up": (1.35, 1.75), None: (0.74, 0.98)}
# Positions of small things, as shares of the free space from the middle.
CORNERS = {"top left": (-1, -1), "top right": (1, -1), "bottom left": (-1, 1), "bottom right": (1, 1), "left": (-1, 0),
           "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}


@dataclass(slots=True)
class Item:
    """A sprite to place: its visible box, its colour, whether it is mirrored, and the letters on it (riders)."""
    sprite: int
    box: tuple = (0.0, 0.0, 1.0, 1.0)
    colour: tuple = IDENTITY
    flip: int = 1
    riders: list = field(default_factory=list)  # (sprite, x, y, side, colour) around the anchor; never mirrored
    anchor: tuple = (0.0, 0.0)  # where riders meet the item; both in units of its sprite's side, from its middle

    @property
    def size(self):
        return self.box[2] - self.box[0], self.box[3] - self.box[1]


class Picture:
    """The space of a picture and the layers placed so far. floor: (highest, lowest) y of feet, or None; freedom: how far
    single things may deviate from the usual place, size and upright orientation, 0 to 1."""

    def __init__(self, aspect, rng, shadow, floor=None, freedom=1.0):
        self.width, self.height = max(aspect, 1.0), max(1 / aspect, 1.0)
        self.rng, self.shadow, self.freedom, self.layers = rng, shadow, freedom, []
        self.feet = None if floor is None else floor[0] + (floor[1] - floor[0]) * rng.uniform(0.25, 1.0)

    def put(self, item, x, y, width, height, standing=False, turn=0.0, limit=MAX_SCALE):
        """Fits an item's box into width × height around (x, y) and returns its box; a standing item rests on y + height / 2."""
        wide, high = item.size
        scale = min(width / wide, height / high, limit)
        if standing:
            y += (height - scale * high) / 2
        left, top, right, bottom = item.box
        away_x, away_y = ((left + right) / 2 - 0.5) * item.flip * scale, ((top + bottom) / 2 - 0.5) * scale
        c, s = cos(turn), sin(turn)
        cx, cy = x - (c * away_x - s * away_y), y - (s * away_x + c * away_y)
        if standing:
            self.layers.append(Layer(self.shadow, x, y + scale * high * 0.5 - 0.01 * scale, scale * wide * 1.25, 1, 0.0, BLACK, SHADOW))
        self.layers.append(Layer(item.sprite, cx, cy, scale, item.flip, turn, item.colour, SUBJECT))
        for sprite, rx, ry, side, colour in item.riders:
            rx, ry = (rx + item.anchor[0] * item.flip) * scale, (ry + item.anchor[1]) * scale
            self.layers.append(Layer(sprite, cx + c * rx - s * ry, cy + s * rx + c * ry, side * scale, 1, turn, colour, LETTER))
        return x, y, scale * wide, scale * high

    def single(self, item, size=None, corner=None):
        """One thing, about as large as the picture allows or as the size word says; in a corner if one is given."""
        rng, (low, high) = self.rng, SIZES[size]
        share = (low + high) / 2 + (high - low) / 2 * self.freedom * rng.uniform(-1, 1)
        wide, tall = self.width - 2 * MARGIN, self.height - 2 * MARGIN
        if self.feet is not None:
            room = self.feet + self.height / 2 - MARGIN
            tall = min(room, self.height * 0.72)
            share = min(share, 0.95)
        scale = min(wide / item.size[0], tall / item.size[1], MAX_SCALE) * share
        box = item.size[0] * scale, item.size[1] * scale
        free_x, free_y = max(wide - box[0], 0) / 2, max(tall - box[1], 0) / 2
        if corner:
            sx, sy = CORNERS[corner]
            x = sx * free_x * rng.uniform(0.8, 1.0) if sx else rng.uniform(-0.12, 0.12) * free_x
            y = sy * free_y * rng.uniform(0.8, 1.0) if sy else rng.uniform(-0.12, 0.12) * free_y
        else:
            x = free_x * rng.uniform(-1, 1) * (0.6 if size in ("tiny", "small") else 0.35) * self.freedom
            y = free_y * rng.uniform(-1, 1) * 0.5 * self.freedom
        turn = rng.uniform(-0.2, 0.2) if self.feet is None and rng.random() < 0.1 * self.freedom and share < 0.95 else 0.0
        if self.feet is not None:
            self.put(item, x, self.feet - box[1] / 2, *box, standing=True)
        else:
            self.put(item, x, y, *box, turn=turn, limit=9)

    def rows(self, items):
        """Several things in rows that suit the picture's shape; side by side on a floor. Returns the sizes of the rows."""
        rng, count = self.rng, len(items)
        wide, high = max(i.size[0] for i in items), max(i.size[1] for i in items)
        options = []
        for sizes in _ROWS[count]:
            if self.feet is not None and len(sizes) > 1:
                continue
            cell = self._cell(sizes)
            options.append((min(cell[0] / wide, cell[1] / high), sizes))
        best = max(scale for scale, _ in options)
        scale, sizes = rng.choice([option for option in options if option[0] > 0.8 * best])
        width, height = self._cell(sizes)
        shrink = rng.uniform(0.8, 0.94)
        left, scattered = list(items), self.feet is None and rng.random() < 0.3
        # Rows and columns move closer together if the things are much smaller than their cells.
        step_x = min(width, scale * wide * rng.uniform(1.08, 1.5)) if max(sizes) > 1 else width
        step_y = min(height, scale * high * rng.uniform(1.08, 1.5)) if len(sizes) > 1 else height
        for line, size in enumerate(sizes):
            y = (line - (len(sizes) - 1) / 2) * step_y
            for column in range(size):
                x = (column - (size - 1) / 2) * step_x
                item, fit = left.pop(0), min(scale * shrink, MAX_SCALE)
                box = item.size[0] * fit, item.size[1] * fit
                if self.feet is not None:
                    y = self.feet - rng.uniform(0, 0.03) - box[1] / 2
                dx, dy = (rng.uniform(-.5, .5) * max(step - b, 0) * 0.5 for step, b in ((step_x, box[0]), (step_y, box[1])))
                self.put(item, x + dx * scattered, y + dy * scattered, *box, standing=self.feet is not None,
                         turn=rng.uniform(-.2, .2) if scattered and rng.random() < .4 else 0.0)
        return sizes

    def _cell(self, sizes):
        tall = self.height - 2 * MARGIN if self.feet is None else min(self.feet + self.height / 2 - MARGIN, self.height * 0.6)
        return (self.width - 2 * MARGIN) / max(sizes), tall / len(sizes)

    def pair(self, first, second, relation, ratio=1.0):
        """Two things. The first is left of, right of, above, below or in front of the second and `ratio` times its size."""
        rng = self.rng
        if relation == "front":
            return self._front(first, second)
        shares = ratio / (1 + ratio), 1 / (1 + ratio)  # of the space, by size
        flat = relation in ("left", "right")
        wide, tall = self.width - 2 * MARGIN, self.height - 2 * MARGIN
        if self.feet is not None:
            tall = min(self.feet + self.height / 2 - MARGIN, self.height * (0.6 if flat else 0.9))
        ahead = relation in ("left", "above")
        order = ((first, shares[0]), (second, shares[1])) if ahead else ((second, shares[1]), (first, shares[0]))
        shrink = rng.uniform(0.84, 0.95)
        largest = max(shares)
        placed, used = [], []
        for item, share in order:
            room = (wide * share, tall * share / largest) if flat else (wide * share / largest, tall * share)
            fit = min(room[0] * shrink / item.size[0], room[1] * shrink / item.size[1], MAX_SCALE)
            placed.append((item, item.size[0] * fit, item.size[1] * fit))
            used.append(placed[-1][1 if flat else 2])
        spare = (wide if flat else tall) - sum(used)
        gap = min(spare * rng.uniform(0.25, 0.7), 0.3)
        at = -(sum(used) + gap) / 2
        if not flat and self.feet is not None:
            at = self.feet - sum(used) - gap
        for k, (item, width, height) in enumerate(placed):
            middle = at + used[k] / 2
            at += used[k] + gap
            if flat:
                standing = self.feet is not None
                free = max(tall - height, 0) / 2
                y = self.feet - height / 2 if standing else free * rng.uniform(-.4, .4)
                self.put(item, middle, y, width, height, standing)
            else:
                free = max(wide - width, 0) / 2
                self.put(item, free * rng.uniform(-.25, .25), middle, width, height, standing=self.feet is not None and k == 1)

    def _front(self, first, second):
        """The first in front of the second: lower, to one side, and covering a part of it."""
        rng, side = self.rng, 1 if self.rng.random() < 0.5 else -1
        tall = self.height - 2 * MARGIN
        bottom = self.height / 2 - MARGIN
        if self.feet is not None:
            bottom, tall = self.feet, min(self.feet + self.height / 2 - MARGIN, self.height * 0.7)
        wide = self.width - 2 * MARGIN
        back = min(wide * 0.82 / second.size[0], tall * 0.84 / second.size[1], MAX_SCALE) * rng.uniform(0.9, 1.0)
        bw, bh = second.size[0] * back, second.size[1] * back
        front = min(wide * 0.5 / first.size[0], tall * 0.5 / first.size[1], 0.62 * bh / first.size[1], 0.75 * bw / first.size[0]) * rng.uniform(0.85, 1.0)
        fw, fh = first.size[0] * front, first.size[1] * front
        x = -side * min((wide - bw) / 2, fw * 0.3)
        y = bottom - tall * 0.06 - bh / 2 if self.feet is not None else bottom - tall + bh / 2 + max(tall - bh - fh * 0.3, 0) * 0.5
        self.put(second, x, y, bw, bh, standing=self.feet is not None)
        fx = x + side * (bw / 2 - fw * rng.uniform(0.15, 0.5))
        fx = min(max(fx, -wide / 2 + fw / 2), wide / 2 - fw / 2)
        fy = min(y + bh / 2 - fh / 2 + fh * rng.uniform(0.12, 0.3), bottom - fh / 2)
        self.put(first, fx, fy, fw, fh, standing=self.feet is not None)

    def saying(self, speaker, bubble):
        """A speaker below, and its bubble above, on the side from which the tail points to the speaker."""
        side = bubble.flip  # an unmirrored bubble has its tail at the lower left
        wide, tall = self.width - 2 * MARGIN, self.height - 2 * MARGIN
        bottom = self.height / 2 - MARGIN if self.feet is None else self.feet
        tall = min(tall, bottom + self.height / 2 - MARGIN)
        scale = min(wide * 0.72 / bubble.size[0], tall * 0.52 / bubble.size[1], 1.1)
        bw, bh = bubble.size[0] * scale, bubble.size[1] * scale
        fit = min(wide * 0.56 / speaker.size[0], (tall - bh * 0.86) / speaker.size[1], MAX_SCALE)
        sw, sh = speaker.size[0] * fit, speaker.size[1] * fit
        spread = min(wide, sw * 0.55 + bw)
        self.put(speaker, side * (sw / 2 - spread / 2), bottom - sh / 2, sw, sh, standing=self.feet is not None)
        x = side * (spread / 2 - bw / 2)
        self.put(bubble, x, bottom - sh - bh / 2 + bh * 0.1, bw, bh)

    def holding(self, holder, sign):
        """A thing with a sign in front of it, in the lower middle."""
        tall = self.height - 2 * MARGIN
        bottom = self.height / 2 - MARGIN
        if self.feet is not None:
            bottom, tall = self.feet, min(self.feet + self.height / 2 - MARGIN, self.height * 0.75)
        wide = self.width - 2 * MARGIN
        side = 1 if self.rng.random() < 0.5 else -1
        fit = min(wide * 0.6 / holder.size[0], tall * 0.92 / holder.size[1], MAX_SCALE)
        hw, hh = holder.size[0] * fit, holder.size[1] * fit
        scale = min(wide * 0.52 / sign.size[0], tall * 0.66 / sign.size[1], 1.1)
        sw, sh = sign.size[0] * scale, sign.size[1] * scale
        spread = min(wide, hw + sw * 0.86)
        self.put(holder, -side * (spread - hw) / 2, bottom - hh / 2, hw, hh, standing=self.feet is not None)
        self.put(sign, side * (spread - sw) / 2, bottom - sh / 2, sw, sh, standing=self.feet is not None)


_ROWS = {1: ((1,),), 2: ((2,), (1, 1)), 3: ((3,), (1, 2), (2, 1), (1, 1, 1)), 4: ((4,), (2, 2), (1, 1, 1, 1)),
         5: ((5,), (2, 3), (3, 2), (2, 1, 2), (1, 1, 1, 1, 1)), 6: ((6,), (3, 3), (2, 2, 2), (1,) * 6)}
