"""Things: captions match them, nothing held out is drawn, colours are what captions say."""
import pickle
import random
import re
import sys
import unittest
from collections import Counter
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from data import drawings, looks, oklab, raster  # noqa: E402
from scenes import Bank, Sprites, World, captions, colour_held_out, look_held_out, nouns, pack, recolour, render  # noqa: E402
from scenes.catalogue import colourless  # noqa: E402
from scenes.held_out import HIDDEN_NAMES, SYNONYMS  # noqa: E402
from scenes.words import COLOUR_NAMES, COLOUR_WORDS, COLOURS, look_words  # noqa: E402

SIDE = 64


class Fixture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        if not hasattr(Fixture, "bank"):
            Fixture.rows, pixels = raster.rasterize(looks.choose(drawings.load(HERE / "fixtures" / "drawings.jsonl")), SIDE, 1)
            Fixture.bank = Bank(Sprites.of(Fixture.rows, pixels))

    def world(self, **preset):
        return World(self.rows, preset)

    def draw(self, count=1000, seed=1, **preset):
        world, rng = self.world(**preset), random.Random(seed)
        return [world.draw(rng) for _ in range(count)]

    def row(self, subject, look):
        return next(i for i, row in enumerate(self.rows) if (row["subject"], row["look"]) == (subject, look))


class HeldOut(Fixture):
    def test_nothing_held_out_is_drawn(self):
        words = Counter()
        for thing in self.draw(6000):
            facts = thing.facts
            self.assertFalse(look_held_out(facts["subject"], facts["look"]), thing.caption)
            if facts["colour"] and not colourless(facts["subject"])[0]:
                self.assertFalse(colour_held_out(facts["subject"], facts["colour"]), thing.caption)
            words.update(re.findall("[a-z]+", thing.caption))
        for subject in {row["subject"] for row in self.rows}:
            for name in SYNONYMS.get(subject, ()):
                self.assertIn(name, HIDDEN_NAMES)
                self.assertEqual(words[name], 0, name)

    def test_shares_of_what_is_held_out(self):
        for rule, part in ((look_held_out, 64), (colour_held_out, 8)):
            share = np.mean([rule(f"subject {k}", "word") for k in range(8000)])
            self.assertAlmostEqual(share, 1 / part, delta=0.2 / part)

    def test_the_evaluation_can_compose_what_is_held_out(self):
        world, rng = self.world(), random.Random(2)
        colour = next(name for name in COLOUR_NAMES if colour_held_out("cat", name))
        thing = world.compose(rng=rng, subject="cat", look="pixel", colour=colour, plain=True)
        self.assertEqual(thing.caption, captions.canonical("cat", "pixel", colour))
        self.assertIsNotNone(thing.colour)
        self.assertIn("kitty", world.compose(rng=rng, subject="cat", phrase="kitty").caption)
        for wrong in (dict(subject="gryphon"), dict(subject="cat", look="3d"), dict(subject="cat", look="engraved")):
            with self.assertRaises(LookupError):
                world.compose(rng=rng, **wrong)


class Draws(Fixture):
    def test_shares_of_looks_and_colours(self):
        things = self.draw(4000, looks={"flat": 0.75, "pixel": 0.25}, untold=0.0, recolour=0.5)
        drawn = Counter(thing.facts["look"] for thing in things)
        self.assertEqual(set(drawn), {"flat", "pixel"})
        self.assertAlmostEqual(drawn["flat"] / 4000, 0.75, delta=0.03)
        self.assertAlmostEqual(np.mean([thing.colour is not None for thing in things]), 0.5, delta=0.04)
        given = Counter(thing.facts["colour"] for thing in things if thing.colour)
        self.assertEqual(len(given), len(COLOUR_NAMES))
        self.assertLess(max(given.values()), 3 * min(given.values()))

    def test_a_look_that_is_not_told_is_3d(self):
        for thing in self.draw(untold=0.5):
            self.assertTrue(thing.facts["told_look"] or thing.facts["look"] == "3d")

    def test_given_colours_are_told_and_near_the_named_one(self):
        for thing in self.draw():
            if thing.colour:
                named = recolour.wish([thing.facts["colour"]])[0]
                self.assertLess((torch.tensor(thing.colour) - named).norm().item(), 0.0401)
                self.assertTrue(any(form in thing.caption for form in COLOUR_WORDS[thing.facts["colour"]]), thing.caption)

    def test_weights_change_what_is_drawn(self):
        world, rng = self.world(looks={"flat": 1.0}), random.Random(3)
        count = lambda: sum(world.draw(rng).facts["subject"] == "rocket" for _ in range(2000))
        before = count()
        world.reweigh({"flat": {"rocket": 3.0}, "3d": {"cat": 9.0}})
        self.assertGreater(count(), 1.8 * before)

    def test_equal_seeds_give_equal_things(self):
        self.assertEqual(self.draw(200, seed=7), self.draw(200, seed=7))
        self.assertNotEqual(self.draw(200, seed=7), self.draw(200, seed=8))

    def test_worlds_and_batches_can_be_pickled(self):
        world = pickle.loads(pickle.dumps(self.world()))
        things = [world.draw(random.Random(k)) for k in range(8)]
        batch = pickle.loads(pickle.dumps(pack(things, facts=True)))
        self.assertEqual((len(batch), batch.captions, batch.facts), (8, [t.caption for t in things], [t.facts for t in things]))


class Captions(Fixture):
    def test_canonical(self):
        for words, text in {("house", "3d", "red"): "a red 3d house", ("owl", None, None): "an owl", ("grapes", "line", "orange"): "orange line grapes",
                            ("cat", "outlined", None): "an outlined cat"}.items():
            self.assertEqual(captions.canonical(*words), text)

    def test_names_lose_a_leading_colour(self):
        self.assertEqual(colourless("red apple"), ("red", "apple"))
        self.assertEqual(colourless("light blue heart"), ("sky blue", "heart"))
        self.assertEqual(colourless("light bulb"), (None, "light bulb"))
        self.assertEqual(colourless("peach"), (None, "peach"))
        for thing in self.draw(2000):
            self.assertNotRegex(thing.caption, r"\bred (apple|heart)" if thing.facts["colour"] != "red" else "^$")

    def test_captions_say_what_the_facts_say_and_no_more(self):
        forms = {form for forms in COLOUR_WORDS.values() for form in forms}
        for thing in self.draw(3000):
            facts, text = thing.facts, f" {re.sub('[^a-z0-9- ]', ' ', thing.caption)} "
            adjectives, media = look_words(facts["look"])
            told = any(f" {word} " in text for word in (*adjectives, *media))
            self.assertEqual(told, facts["told_look"], thing.caption)
            if facts["colour"] is None:
                self.assertFalse([form for form in forms if f" {form} " in text], thing.caption)
            self.assertNotRegex(thing.caption, "  |None|^ | $|background|transparent")

    def test_captions_have_many_forms(self):
        texts = [thing.caption for thing in self.draw(3000, looks={"line": 1.0}, untold=0.0)]
        for form in ("line drawing of", "in line", "style", ", line", "draw ", "a line ", "line art ", "cute"):
            self.assertGreater(sum(form in text for text in texts), 10, form)
        same = sum(bool(re.match(r"an? ([a-z ]+ )?line [a-z ]+$", text)) for text in texts)
        self.assertTrue(0.6 < same / 3000 < 0.85, same)

    def test_captions_under_one_seed_differ_in_one_respect(self):
        world, rng, compared = self.world(), random.Random(5), Counter()
        for _ in range(600):
            thing = world.draw(rng)
            own, other = world.against(thing, rng)
            if own == other:
                self.assertFalse(thing.facts["told_look"] and thing.facts["colour"])
                continue
            differing = set(own.split()) ^ set(other.split())
            named = set(f"{own} {other}".split())
            self.assertTrue(differing and differing < named | {"a", "an"}, (own, other))
            names = [name for name in world.catalogue.names[thing.drawing] if name in own]
            self.assertTrue(any(name in other for name in names), (own, other))
            compared["told"] += 1
        self.assertGreater(compared["told"], 300)

    def test_a_phrase_replaces_the_name(self):
        world = self.world()
        thing = next(thing for thing in self.draw() if thing.facts["subject"] == "cat")
        plain, phrased = (world.told(thing, 4, phrase=phrase) for phrase in ("cat", "moggy"))
        self.assertEqual(plain.replace("cat", "moggy"), phrased)

    def test_articles_and_plurals(self):
        for phrase, several in {"cat": "cats", "fish": "fish", "box": "boxes", "wolf": "wolves", "cherry": "cherries", "bus": "buses",
                                "glass of milk": "glasses of milk", "person in lotus position": "people in lotus position",
                                "man mountain biking": "men mountain biking", "woman firefighter": "women firefighters", "mouse": "mice",
                                "leaf fluttering in wind": "leaves fluttering in wind", "man's shoe": "men's shoes", "church": "churches",
                                "tooth": "teeth", "sheep": "sheep", "tropical fish": "tropical fish", "toy": "toys", "snowman": "snowmen",
                                "teddy bear": "teddy bears", "sheaf of rice": "sheaves of rice"}.items():
            self.assertEqual(nouns.plural(phrase), several)
            self.assertTrue(nouns.countable(phrase), phrase)
        for phrase, whole in {"owl": "an owl", "hourglass": "an hourglass", "unicorn": "a unicorn", "ufo": "a ufo", "x-ray": "an x-ray",
                              "one-piece swimsuit": "a one-piece swimsuit", "grapes": "grapes", "scissors": "scissors", "bread": "bread",
                              "octopus": "an octopus", "8 ball": "an 8 ball", "euro banknote": "a euro banknote", "ring": "a ring"}.items():
            self.assertEqual(nouns.with_article(phrase), whole)
        for phrase in ("grapes", "bread", "fork and knife", "jeans", "fishing", "thumbs up"):
            self.assertFalse(nouns.countable(phrase), phrase)
        self.assertEqual(nouns.spoken("man: red hair"), "man with red hair")


class Pixels(Fixture):
    def test_pictures_are_premultiplied_and_do_not_depend_on_their_batch(self):
        things = self.draw(64)
        pictures = render(self.bank, pack(things))
        self.assertEqual(tuple(pictures.shape), (64, 4, SIDE, SIDE))
        self.assertTrue(torch.isfinite(pictures).all() and (pictures >= 0).all() and (pictures[:, 3] <= 1).all())
        self.assertLessEqual((pictures[:, :3] - pictures[:, 3:]).max().item(), 1e-4)
        for k in range(0, 64, 9):
            self.assertLess((render(self.bank, pack([things[k]]))[0] - pictures[k]).abs().max().item(), 1e-5)

    def test_things_that_keep_their_colour_are_the_drawings(self):
        thing = self.world().compose(rng=random.Random(0), subject="house", look="cartoon")
        drawn = render(self.bank, pack([thing]))[0]
        self.assertTrue(torch.equal(drawn, self.bank.pixels[thing.drawing, :4].float() / 255))


class Recolouring(Fixture):
    def body_of(self, subject, look, colour):
        """The picture and the mean OKLab colour of its body."""
        thing = self.world().compose(rng=random.Random(0), subject=subject, look=look, colour=colour)
        picture, body = render(self.bank, pack([thing]))[0], self.bank.pixels[thing.drawing, 4].float() / 255 * (self.bank.pixels[thing.drawing, 3] > 250)
        lab = oklab.from_rgb((picture[None, :3] / picture[3].clamp(min=1e-3)).clamp(0, 1))[0]
        return picture, (lab * body).flatten(1).sum(1) / body.sum()

    def test_bodies_get_the_named_colour(self):
        for subject, look in (("house", "3d"), ("automobile", "flat"), ("cat", "cartoon"), ("rocket", "bold"), ("dog", "outlined"), ("star", "pixel")):
            for colour in ("red", "blue", "green", "purple", "gray"):
                named = recolour.wish([colour])[0]
                self.assertLess((self.body_of(subject, look, colour)[1] - named).norm().item(), 0.08, (subject, look, colour))

    def test_the_rest_keeps_its_colour(self):
        picture, _ = self.body_of("house", "flat", "blue")
        i = self.row("house", "flat")
        other = self.bank.pixels[i, 4] == 0
        self.assertGreater(other.float().mean().item(), 0.3)
        self.assertTrue(torch.equal(picture[:, other], (self.bank.pixels[i, :4].float() / 255)[:, other]))
        self.assertTrue(torch.equal(picture[3], self.bank.pixels[i, 3].float() / 255))

    def test_shading_is_kept(self):
        picture, _ = self.body_of("automobile", "3d", "green")
        i = self.row("automobile", "3d")
        body = (self.bank.pixels[i, 4] > 250) & (self.bank.pixels[i, 3] > 250)
        light = lambda rgb: oklab.from_rgb(rgb[None])[0, 0][body]
        before, after = light(self.bank.pixels[i, :3].float() / 255), light(picture[:3])
        self.assertGreater(torch.corrcoef(torch.stack([before, after]))[0, 1].item(), 0.9)
        self.assertGreater(after.std().item(), 0.5 * before.std().item())

    def test_line_drawings_get_a_coloured_ink_on_white(self):
        thing = self.world().compose(rng=random.Random(0), subject="cat", look="line", colour="red")
        picture = render(self.bank, pack([thing]))[0]
        ink = self.bank.pixels[thing.drawing, 4] > 253
        wanted = torch.tensor(COLOURS["red"]) / 255
        self.assertLess((picture[:3, ink] - wanted[:, None]).abs().max().item(), 0.03)
        white = (self.bank.pixels[thing.drawing, 4] < 2) & (self.bank.pixels[thing.drawing, 3] > 253)
        self.assertGreater(picture[:3, white].min().item(), 0.97)

    def test_black_ink_is_never_called_by_the_subjects_colour(self):
        world = self.world(looks={"line": 1.0}, untold=0.0, recolour=0.0)
        rng = random.Random(2)
        self.assertEqual({world.draw(rng).facts["colour"] for _ in range(500)}, {None})
        self.assertEqual(world.compose(rng=rng, subject="red apple", look="line", plain=True).caption, "a line apple")

    def test_inks_that_nobody_would_see_are_not_drawn(self):
        drawn = {thing.facts["colour"] for thing in self.draw(2000, looks={"line": 1.0}, untold=0.0) if thing.colour}
        self.assertFalse(drawn & {"white", "cream", "light pink"})
        self.assertIn("red", drawn)


if __name__ == "__main__":
    unittest.main()
