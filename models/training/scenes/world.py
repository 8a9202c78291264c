"""The world of training: draws random things, none of them held out, and composes any requested one."""
import random
from bisect import bisect
from itertools import accumulate

from data.looks import SHARES
from scenes import recolour
from scenes.batch import Thing
from scenes.captions import canonical, caption
from scenes.catalogue import Catalogue
from scenes.held_out import colour_held_out, look_held_out
from scenes.words import COLOUR_NAMES

PRESET = {
    "looks": SHARES,  # shares of draws
    "recolour": 0.45,  # share of draws in one of the named colours
    "own": 0.5,  # probability that the own colour is told
    "untold": 0.1,  # share of captions without look; the drawing is then in the first look
    "canonical": 0.6,  # share of canonical captions
    "synonym": 0.3,  # probability that a synonym is used if there is one
}
JITTER = 0.04  # largest distance in OKLab of a given colour from the named one


class World:
    def __init__(self, rows, preset=None):
        """rows: drawings in the bank's order, from `raster.rasterize`, or from `looks.choose` for captions alone; preset:
        differences from PRESET."""
        self.preset = PRESET | {key: value for key, value in (preset or {}).items() if key in PRESET}
        self.catalogue = Catalogue(rows, self.preset["looks"])
        self.rows = self.catalogue.rows
        self.looks = list(self.catalogue.pools)
        self.sums = list(accumulate(self.preset["looks"][look] for look in self.looks))
        self.named = dict(zip(COLOUR_NAMES, map(tuple, recolour.wish(COLOUR_NAMES).tolist())))

    def reweigh(self, factors):
        """factors on the weights of drawings: {look: {subject: factor}}. Copies in other processes are not changed."""
        self.catalogue.reweigh(factors)

    def draw(self, rng):
        """A random thing, never a held-out combination."""
        untold = rng.random() < self.preset["untold"]
        look = self.looks[0 if untold else bisect(self.sums, rng.random() * self.sums[-1])]
        row = self.catalogue.pools[look].pick(rng)
        colour, told = None, self._own(row, rng)
        colours = self.catalogue.colours[row]
        if rng.random() < self.preset["recolour"] and colours:
            told = colours[int(rng.random() * len(colours))]
            colour = self._near(told, rng)
        return self._thing(row, None if untold else look, told, colour, rng)

    def compose(self, *, rng, subject, look=None, colour=None, phrase=None, plain=False):
        """A thing with the given facts, held out or not. The caption tells them: canonically if `plain`, with `phrase` for the
        name. Raises LookupError if there is no such drawing."""
        row = self.catalogue.find(rng, subject, look)
        name = phrase or self.catalogue.names[row][0]
        told = colour or (self.catalogue.own[row] if self.catalogue.bound[row] else None)
        facts = self._facts(row, told, True)
        text = canonical(name, facts["look"], told) if plain else caption(name, facts["look"], told, rng, self.preset["canonical"])
        own = colour is None or colour == self.catalogue.own[row] and self.rows[row]["look"] != "line"
        return Thing(text, row, None if own else self.named[colour], facts)

    def told(self, thing, seed, **otherwise):
        """The caption of a thing under a seed, with another `look`, `colour` or `phrase`. Captions under one seed differ in that
        only."""
        facts, rng = thing.facts, random.Random(seed)
        name = self.catalogue.name(thing.drawing, rng, self.preset["synonym"])
        look = otherwise.get("look", facts["look"]) if facts["told_look"] else None
        colour = otherwise.get("colour", facts["colour"]) if facts["colour"] else None
        return caption(otherwise.get("phrase") or name, look, colour, rng, self.preset["canonical"])

    def against(self, thing, rng):
        """Two captions of a thing: its own, and one that contradicts it in the look, or half of the time in a told colour."""
        seed, facts = rng.random(), thing.facts
        other = None
        if facts["colour"] and rng.random() < 0.5:
            other = {"colour": rng.choice([name for name in COLOUR_NAMES if name != facts["colour"]])}
        elif facts["told_look"] and len(self.looks) > 1:
            other = {"look": rng.choice([look for look in self.looks if look != facts["look"]])}
        own = self.told(thing, seed)
        return own, self.told(thing, seed, **other) if other else own

    def another(self, thing, rng, kin):
        """Another drawing of a thing's subject, none held out: one that is aligned with it if `kin`, else one that is not; or None."""
        own, subject = self.catalogue.kin[thing.drawing], self.rows[thing.drawing]["subject"]
        fitting = [i for look, i in sorted(self.catalogue.by_subject[subject].items())
                   if i != thing.drawing and (self.catalogue.kin[i] == own) == kin and not look_held_out(subject, look)]
        return rng.choice(fitting) if fitting else None

    def _own(self, row, rng):
        own = self.catalogue.own[row]
        if own is None or self.catalogue.bound[row]:
            return own
        return own if rng.random() < self.preset["own"] and not colour_held_out(self.rows[row]["subject"], own) else None

    def _near(self, name, rng):
        """A colour that is hardly to be told from the named one: evenly within a ball of radius JITTER."""
        away = [rng.gauss(0, 1) for _ in range(3)]
        reach = JITTER * rng.random() ** (1 / 3) / max(sum(x * x for x in away) ** 0.5, 1e-9)
        return tuple(c + reach * x for c, x in zip(self.named[name], away))

    def _thing(self, row, look, colour, given, rng):
        name = self.catalogue.name(row, rng, self.preset["synonym"])
        text = caption(name, look, colour, rng, self.preset["canonical"])
        return Thing(text, row, given, self._facts(row, colour, look is not None))

    def _facts(self, row, colour, told_look):
        return {"subject": self.rows[row]["subject"], "look": self.rows[row]["look"], "colour": colour, "told_look": told_look}
