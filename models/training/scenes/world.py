"""The world of training: draws random scenes, none of them held out, and composes any requested scene."""
import random
from dataclasses import replace

from scenes import captions, grounds, lettering as lettering_module, typeset
from scenes.batch import Scene
from scenes.carriers import SKINS
from scenes.catalogue import Catalogue
from scenes.held_out import held_out
from scenes.layouts import Item, Picture
from scenes.plans import PRESET, Plan, Planner, Shares
from scenes.recolour import IDENTITY
from scenes.words import COLOURS

MIN_CONTRAST = 0.16  # minimum distance between a thing's mean colour and each of the ground's, RGB in [0, 1]
DARK = 0.25  # lightness below which two colours are indistinguishable, whatever their hue
MIN_WORD_CONTRAST = 0.22  # minimum difference in lightness between letters and the ground that they stand on
GROUND_TRIES = 12
_PLACES = frozenset(("landscape", "sky", "night", "space", "underwater", "room"))  # grounds for things, but not for symbols
_FLOORED = frozenset(("landscape", "night", "room"))  # grounds with a floor: things stand at the bottom, not in corners
_DARK = frozenset(("night", "space"))
_RATIOS = {"large": 2.2, "small": 1 / 2.2, None: 1.0}  # size of the first thing of a pair relative to the second


class World:
    def __init__(self, rows, *, preset=None, lettering=None):
        """rows: drawings in the bank's order, from `recolour.measure` for tight boxes and recolouring; preset: differences
        from PRESET; lettering: the bank's."""
        self.preset = PRESET | (preset or {})
        self.lettering = lettering or lettering_module.default()
        self.catalogue = Catalogue(rows, self.preset["icons"])
        self.planner = Planner(self.catalogue, self.preset, self.lettering.fonts)
        self.grounds = Shares(self.preset["grounds"])
        self.rows = self.catalogue.rows

    def draw(self, rng, aspect=1.0):
        """A random scene for pictures with width / height = aspect; never a held-out combination."""
        while True:
            plan = self.planner.propose(rng, aspect)
            scene = plan and self._arrange(plan, rng)
            if scene:
                return scene

    def variation(self, scene, rng):
        """The same things in another arrangement, on another ground, under another caption."""
        sizes = (None,) * len(scene.plan.sizes) if scene.plan.kind == "single" else scene.plan.sizes
        plan = replace(scene.plan, corner=None, tag=None, ground=None, sizes=sizes)
        while True:
            made = self._arrange(plan, rng)
            if made:
                return made

    def told_in(self, scene, styles, seed):
        """Captions of one scene that differ in the style only; they are equal if none is mentioned."""
        tell = self._caption if scene.plan.style else lambda plan, ground, rng: scene.caption
        return [tell(replace(scene.plan, style=style), scene.ground, random.Random(seed)) for style in styles]

    def called(self, scene, phrases, seed):
        """Captions of one scene that differ in the name of the first thing only."""
        return [self._caption(replace(scene.plan, phrase=phrase), scene.ground, random.Random(seed)) for phrase in phrases]

    def another_style(self, scene, rng):
        """Another style in which the scene's things could have been drawn, or None."""
        fellows = [style for style in self.catalogue.styles[scene.plan.pictorial] if style != scene.plan.style]
        return rng.choice(fellows) if fellows and scene.plan.style in self.catalogue.styles[scene.plan.pictorial] else None

    def compose(self, *, rng, subject=None, style=None, background=None, count=1, other=None, relation=None, letters=None, phrase=None,
                colour=None, carrier=None, aspect=1.0):
        """A scene with the given facts, held out or not, and a natural caption that mentions style and ground.

        background: a colour, a kind of ground or the name of a scenery ("beach"), None for any; phrase: replaces the
        subject's label. Letters without carrier and subject are a word alone; with a subject alone they are in a speech
        bubble. Raises LookupError if no drawing fits.
        """
        catalogue, planner = self.catalogue, self.planner
        shared = dict(aspect=aspect, phrase=phrase, ground=_ground_of(background))
        row = catalogue.find(rng, subject, style, colour and not letters) if subject or not letters else None
        if letters:
            font = int(rng.random() * len(self.lettering.fonts))
            if row is not None and not carrier:
                carrier, colour, told = "speech bubble", colour or "white", bool(colour)
            else:
                colour, told = (colour, True) if colour or not carrier else planner.body(carrier, rng)
            if row is not None:
                plan = planner.beside(row, letters, carrier, colour, told, font, **shared)
            elif carrier:
                skin = style if style in SKINS else rng.choice(tuple(SKINS))
                plan = planner.carried(letters, carrier, skin, colour, told, font, **shared)
            else:
                plan = planner.word(letters, colour or "navy", font, **shared)
            return self._arrange(plan, rng, free=True)
        style, changed = catalogue.rows[row]["style"], bool(colour) and colour != catalogue.own_colour[row]
        if other:
            plan = Plan("pair", (row, catalogue.find(rng, other, style)), (1, 1), (colour, None), (bool(colour), False), (changed, False),
                        (None, None), style, relation=relation, **shared)
        else:
            plan = Plan("single" if count == 1 else "count", (row,), (count,), (colour,), (bool(colour),), (changed,), (None,), style,
                        catalogue.rows[row]["pictorial"], **shared)
        return self._arrange(plan, rng, free=True)

    def _arrange(self, plan, rng, free=False):
        """A scene from a plan, or None if no ground suits it; free: allows held-out combinations."""
        catalogue, first = self.catalogue, len(self.catalogue)
        ground = self._ground(plan, rng, free)
        if ground is None:
            return None
        picture = Picture(plan.aspect, rng, first + self.lettering.shadow, ground.floor, self.preset["freedom"])
        items = [self._item(row, colour, changed, rng) for row, colour, changed in zip(plan.rows, plan.colours, plan.changed)]
        in_row = False
        if plan.kind == "single":
            picture.single(items[0], plan.sizes[0], plan.corner)
        elif plan.kind == "pair":
            picture.pair(*items, plan.relation or ("left" if rng.random() < 0.5 else "right"), _RATIOS[plan.sizes[0]])
        elif plan.kind != "letters":
            many = [item for item, count in zip(items, plan.counts) for _ in range(count)]
            rng.shuffle(many)
            in_row = len(picture.rows(many)) == 1
        elif not plan.carrier:
            typeset.word(plan, picture, ground, self.lettering, first, rng)
        else:
            carrier = typeset.carrier_item(plan, self.lettering, first, rng)
            if not items:
                picture.single(carrier)
            elif plan.carrier == "speech bubble":
                carrier.flip = 1 if rng.random() < 0.5 else -1
                picture.saying(items[0], carrier)
            else:
                picture.holding(items[0], carrier)
        caption = self._caption(plan, ground, rng, free, in_row)
        return Scene(caption, picture.layers, ground, self._facts(plan, ground), plan)

    def _caption(self, plan, ground, rng, free=False, in_row=False):
        names = [self.catalogue.name(row, rng, self.preset["synonym"], count == 1) for row, count in zip(plan.rows, plan.counts)]
        if plan.phrase and names:
            names[0] = plan.phrase
        return captions.caption(plan, ground, names, rng, 1.0 if free else self.preset["style"], in_row)

    def _facts(self, plan, ground):
        """The facts of a scene, which are the contract with the evaluation.

        subjects: canonical label of each thing, the carrier's last; count: their number; colour: the one that the caption
        mentions; detail: the ground's (colours, pattern, scenery); the others as in Plan.
        """
        subjects = [self.rows[row]["subject"] for row, count in zip(plan.rows, plan.counts) for _ in range(count)]
        subjects += [plan.carrier] if plan.carrier else []
        told = [colour for colour, tells in zip(plan.colours, plan.told) if tells]
        return {"subjects": subjects, "style": plan.style, "background": ground.name, "count": len(subjects), "relation": plan.relation,
                "letters": plan.letters, "colour": told[0] if told else None, "detail": ground.detail,
                "size": plan.sizes[0] if plan.kind == "single" else None, "corner": plan.corner, "carrier": plan.carrier}

    def _item(self, row, colour, changed, rng):
        flip = -1 if not self.rows[row]["directed"] and rng.random() < self.preset["mirrored"] else 1
        return Item(row, self.catalogue.boxes[row], self.catalogue.matrix(row, colour) if changed else IDENTITY, flip)

    def _ground(self, plan, rng, free):
        """A ground that suits a plan, differs from the subject's colour and is not held out with it (unless `free`)."""
        if plan.ground:
            return grounds.make(plan.ground[0], rng, plan.ground[1], plan.aspect)
        alone = plan.kind == "letters" and not plan.carrier
        barred = set()
        if not plan.pictorial or alone or plan.sizes[:1] == ("close-up",):
            barred |= _PLACES
        if plan.corner:
            barred |= _FLOORED
        if alone and plan.colours[0] == "white":
            barred.add("transparent")
        colours = [typeset.rgb(colour) if changed else self.catalogue.means[row]
                   for row, colour, changed in zip(plan.rows, plan.colours, plan.changed)]
        if plan.kind == "letters" and plan.colours[-1]:
            colours.append(typeset.rgb(plan.colours[-1]))
        subjects = [self.rows[row]["subject"] for row in plan.rows] + ([plan.carrier] if plan.carrier else [])
        for _ in range(GROUND_TRIES):
            kind = self.grounds.pick(rng)
            if kind in barred:
                continue
            ground = grounds.make(kind, rng, None, plan.aspect)
            if kind == "plain" and not free and any(held_out(subject, ground.name) for subject in subjects):
                continue
            if kind not in _PLACES or kind in _DARK:
                if any(_clash(a, b) for a in colours for b in ground.colours):
                    continue
                if (alone or kind in _DARK) and any(abs(typeset.light(a) - typeset.light(b)) < MIN_WORD_CONTRAST
                                                    for a in colours for b in ground.colours[:2]):
                    continue
            return ground
        return grounds.make("transparent", rng) if free else None


def _clash(thing, ground):
    """Whether a thing with this mean colour would be hard to see on the ground's colour."""
    both_dark = typeset.light(thing) < DARK and typeset.light(ground) < DARK
    return both_dark or typeset.distance(thing, ground) < MIN_CONTRAST


def _ground_of(background):
    """(kind, detail) of a background's name, or None."""
    if background is None:
        return None
    if background in COLOURS:
        return "plain", background
    if background in grounds.KINDS:
        return background, None
    for kind, places in grounds.PLACES.items():
        if background in places:
            return kind, background
    raise LookupError(f"no background {background!r}")
