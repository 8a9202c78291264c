"""Scenes: captions match their scenes, nothing held out is drawn, pixels are valid in every shape and on every device."""
import json
import pickle
import random
import re
import sys
import unittest
from itertools import combinations
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from data import drawings, raster  # noqa: E402
from scenes import Bank, Lettering, World, held_out, measure, nouns, pack, recolour, render, render_mask  # noqa: E402
from scenes.batch import LETTER, SHADOW, SUBJECT  # noqa: E402
from scenes.carriers import NAMES as CARRIER_NAMES  # noqa: E402
from scenes.grounds import KINDS, PLACES  # noqa: E402
from scenes.held_out import HIDDEN_NAMES, LETTERS  # noqa: E402
from scenes.lettering import CHARACTERS  # noqa: E402
from scenes.words import COLOURS, NUMBERS  # noqa: E402

SIDE = 64
ASPECTS = {(64, 64): 1.0, (64, 48): 3 / 4, (48, 64): 4 / 3, (48, 84): 7 / 4, (84, 48): 4 / 7}  # (height, width)
QUIET = {"synonym": 0.0, "tag": 0.0}


class Fixture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        if not hasattr(Fixture, "bank"):
            rows = drawings.load(HERE / "fixtures" / "drawings.jsonl")
            rows, Fixture.pixels = raster.rasterize(rows, SIDE, 1)
            Fixture.rows, Fixture.lettering = measure(rows, Fixture.pixels), Lettering()
            Fixture.bank = Bank(Fixture.pixels, Fixture.lettering)

    def world(self, **preset):
        return World(self.rows, preset=preset, lettering=self.lettering)

    def middle(self, world, layer):
        """Middle of a layer's visible box, for an untilted drawing."""
        left, top, right, bottom = world.catalogue.boxes[layer.sprite]
        return layer.x + ((left + right) / 2 - 0.5) * layer.flip * layer.scale, layer.y + ((top + bottom) / 2 - 0.5) * layer.scale

    def drawings_of(self, world, scene):
        return [layer for layer in scene.layers if layer.part == SUBJECT and layer.sprite < len(world.catalogue)]


class Contrast(Fixture):
    def test_captions_in_another_style_differ_in_the_style_only(self):
        world, rng, compared = self.world(**QUIET), random.Random(5), 0
        for _ in range(400):
            scene = world.draw(rng, 1.0)
            other = world.another_style(scene, rng)
            if not other:
                continue
            self.assertNotEqual(other, scene.plan.style)
            seed = rng.random()
            own, same, another = world.told_in(scene, (scene.plan.style, scene.plan.style, other), seed)
            self.assertEqual(own, same)
            if own != another:
                compared += 1
                differing = set(own.split()) ^ set(another.split())
                kept = set(own.split()) & set(another.split())
                self.assertTrue(differing and kept, (own, another))
        self.assertGreater(compared, 50)

    def test_captions_without_style_are_equal(self):
        world, rng = self.world(**QUIET, style=0.0), random.Random(6)
        for _ in range(100):
            scene = world.draw(rng, 1.0)
            if scene.plan.style is None:
                self.assertEqual(set(world.told_in(scene, ("3d", "flat"), 1)), {scene.caption})


class HeldOut(Fixture):
    def test_nothing_held_out_is_drawn(self):
        world, rng = self.world(), random.Random(1)
        for _ in range(6000):
            scene = world.draw(rng, rng.choice(tuple(ASPECTS.values())))
            facts = scene.facts
            labels = sorted(set(facts["subjects"]))
            if facts["style"]:
                for label in labels if len(facts["subjects"]) == 1 or facts["carrier"] is None else labels[:0]:
                    self.assertFalse(held_out(label, facts["style"]), scene.caption)
            if facts["background"] in COLOURS:
                for label in labels:
                    self.assertFalse(held_out(label, facts["background"]), scene.caption)
            for pair in combinations(labels, 2):
                self.assertFalse(held_out(*pair), scene.caption)
            self.assertNotIn(facts["letters"], LETTERS)
            words = f" {re.sub(r'[^a-z ]', ' ', scene.caption)} "
            for name in ("kitty", "hound", "spaceship"):  # the fixture's own
                self.assertIn(name, HIDDEN_NAMES)
                self.assertNotIn(f" {name} ", words)

    def test_held_out_examples_follow_the_rule(self):
        lists = json.loads((HERE.parent / "scenes" / "held_out.json").read_text())
        for key in ("subject and style", "subject and background", "subject and subject"):
            self.assertGreater(len(lists[key]), 20)
            for words in lists[key]:
                self.assertTrue(held_out(*words), words)
        self.assertGreater(len(LETTERS), 100)
        share = np.mean([held_out(f"subject {k}", "style") for k in range(4000)])
        self.assertAlmostEqual(share, 1 / 8, delta=0.02)

    def test_the_evaluation_can_compose_held_out_scenes(self):
        world, rng = self.world(), random.Random(2)
        pairs = [(row["subject"], row["style"]) for row in self.rows if held_out(row["subject"], row["style"])]
        self.assertTrue(pairs)
        for subject, style in pairs:
            self.assertEqual(world.compose(rng=rng, subject=subject, style=style).facts["style"], style)
        self.assertIn("kitty", world.compose(rng=rng, subject="cat", phrase="kitty").caption)
        word = sorted(LETTERS)[-1]
        self.assertIn(f'"{word}"', world.compose(rng=rng, letters=word, carrier="badge").caption)


class Captions(Fixture):
    def test_count_words_and_layers(self):
        world, rng = self.world(kinds={"count": 1}), random.Random(3)
        for _ in range(400):
            scene = world.draw(rng)
            said = next(n for n, words in NUMBERS.items() if re.search(rf"(^|[ :])({'|'.join(words)}) ", scene.caption))
            self.assertEqual(said, len(self.drawings_of(world, scene)), scene.caption)
            self.assertEqual(scene.facts["count"], said)
            self.assertEqual(scene.facts["subjects"], [scene.facts["subjects"][0]] * said)

    def test_relation_words_and_places(self):
        world, rng = self.world(kinds={"pair": 1}, grounds={"transparent": 1}, **QUIET), random.Random(4)
        first_is = {"left": (0, -1), "right": (0, 1), "above": (1, -1), "below": (1, 1)}
        words = {"to the left of": "left", "on the left of": "left", " left of": "left", "to the right of": "right", " right of": "right",
                 " above ": "above", " below ": "below", " over ": "above", " under ": "below", " beneath ": "below"}
        read = 0
        for _ in range(900):
            scene = world.draw(rng, rng.choice((1.0, 16 / 9)))
            relation = scene.facts["relation"]
            first, second = (next(layer for layer in self.drawings_of(world, scene) if world.rows[layer.sprite]["subject"] == label)
                             for label in scene.facts["subjects"])
            if relation == "front":
                self.assertLess(scene.layers.index(second), scene.layers.index(first), scene.caption)
            elif relation:
                axis, sign = first_is[relation]
                places = self.middle(world, first), self.middle(world, second)
                self.assertGreater(sign * (places[0][axis] - places[1][axis]), 0.05, scene.caption)
                found = next((words[word] for word in words if word in scene.caption), None)
                if found and " with " not in scene.caption:
                    axis, sign = first_is[found]
                    names = [nouns.spoken(label) for label in scene.facts["subjects"]]
                    order = sorted(zip((scene.caption.find(name) for name in names), places))
                    self.assertGreater(sign * (order[0][1][axis] - order[1][1][axis]), 0, scene.caption)
                    read += 1
        self.assertGreater(read, 200)

    def test_letters_are_spelled(self):
        world, rng = self.world(kinds={"letters": 1}), random.Random(5)
        first = len(world.catalogue) + self.lettering.first_glyph
        carriers = set()
        for _ in range(600):
            scene = world.draw(rng)
            glyphs = [layer for layer in scene.layers if layer.part == LETTER]
            glyphs.sort(key=lambda layer: layer.x)
            spelled = "".join(CHARACTERS[(layer.sprite - first) % len(CHARACTERS)] for layer in glyphs)
            self.assertEqual(spelled, scene.facts["letters"])
            self.assertIn(f'"{spelled}"', scene.caption)
            carriers.add(scene.facts["carrier"])
        self.assertGreater(len(carriers & set(CARRIER_NAMES)), 15)

    def test_words_of_grounds_and_colours(self):
        world, rng = self.world(kinds={"single": 1}), random.Random(6)
        named = {"transparent": 0, "plain": 0}
        for _ in range(800):
            scene = world.draw(rng)
            kind = scene.ground.kind
            if kind == "plain":
                self.assertTrue(any(word in scene.caption for word in ("background", " on ", "backdrop")), scene.caption)
                named[kind] += 1
            elif kind == "transparent":
                self.assertFalse(re.search(r"gradient|stripes|polka|\bon an? (?!transparent)", scene.caption), scene.caption)
                named[kind] += 1
            self.assertNotIn("  ", scene.caption)
            self.assertNotIn("None", scene.caption)
        self.assertTrue(all(count > 100 for count in named.values()))

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


class Worlds(Fixture):
    def test_equal_seeds_give_equal_scenes(self):
        one, other = (self.world() for _ in range(2))
        first, second = random.Random(7), random.Random(7)
        for _ in range(200):
            a, b = one.draw(first, 1.5), other.draw(second, 1.5)
            self.assertEqual((a.caption, a.layers, a.ground.values, a.facts), (b.caption, b.layers, b.ground.values, b.facts))

    def test_compose_follows_its_arguments(self):
        world, rng = self.world(), random.Random(8)
        for background in (*(kind for kind in KINDS if kind != "plain"), *(place for places in PLACES.values() for place in places), "navy"):
            scene = world.compose(rng=rng, subject="cat", style="flat", background=background, count=3)
            self.assertIn(background, (scene.facts["background"], *scene.facts["detail"]))
            self.assertEqual((scene.facts["subjects"], scene.facts["count"]), (["cat"] * 3, 3))
        for relation in ("left", "right", "above", "below", "front", None):
            scene = world.compose(rng=rng, subject="dog", other="house", relation=relation)
            self.assertEqual((scene.facts["subjects"], scene.facts["relation"]), (["dog", "house"], relation))
        self.assertEqual(world.compose(rng=rng, subject="cat", letters="MEOW").facts["carrier"], "speech bubble")
        for wrong in (dict(subject="gryphon"), dict(subject="cat", background="swamp"), dict(subject="pizza", style="bold", colour="ultraviolet")):
            with self.assertRaises(LookupError):
                world.compose(rng=rng, **wrong)

    def test_variations_keep_the_things(self):
        world, rng = self.world(), random.Random(9)
        for _ in range(200):
            scene = world.draw(rng)
            other = world.variation(scene, rng)
            self.assertEqual(other.facts["subjects"], scene.facts["subjects"])
            self.assertEqual(other.facts["letters"], scene.facts["letters"])
            sprites = lambda made: sorted(layer.sprite for layer in made.layers if layer.part == SUBJECT)
            self.assertEqual(sprites(other), sprites(scene))

    def test_presets_take_effect(self):
        world, rng = self.world(kinds={"single": 1}, grounds={"plain": 0.5, "transparent": 0.5}), random.Random(10)
        scenes = [world.draw(rng) for _ in range(200)]
        self.assertEqual({scene.ground.kind for scene in scenes}, {"plain", "transparent"})
        self.assertTrue(all(len(scene.facts["subjects"]) == 1 for scene in scenes))

    def test_worlds_and_batches_can_be_pickled(self):
        world = pickle.loads(pickle.dumps(self.world()))
        scenes = [world.draw(random.Random(k)) for k in range(8)]
        batch = pickle.loads(pickle.dumps(pack(scenes, facts=True)))
        self.assertEqual(len(batch), 8)
        self.assertEqual(batch.captions, [scene.caption for scene in scenes])
        self.assertEqual(len(batch.picture), sum(len(scene.layers) for scene in scenes))
        self.assertNotIn("svg", world.rows[0])


class Pixels(Fixture):
    def test_pictures_of_every_shape_are_premultiplied(self):
        world, rng = self.world(), random.Random(11)
        for (height, width), aspect in ASPECTS.items():
            batch = pack([world.draw(rng, aspect) for _ in range(48)])
            pictures = render(self.bank, batch, height, width)
            self.assertEqual(tuple(pictures.shape), (48, 4, height, width))
            self.assertTrue(torch.isfinite(pictures).all())
            self.assertGreaterEqual(pictures.min().item(), 0)
            self.assertLessEqual(pictures[:, 3].max().item(), 1)
            self.assertLessEqual((pictures[:, :3] - pictures[:, 3:]).max().item(), 1e-5)
            self.assertGreater(pictures[:, 3].flatten(1).amax(1).min().item(), 0.5)

    def test_grounds_match_their_names(self):
        rng = random.Random(12)
        for kind in ("transparent", "plain"):
            scenes = [self.world(grounds={kind: 1}).draw(rng, 4 / 3) for _ in range(40)]
            batch = pack(scenes)
            pictures, mask = render(self.bank, batch, 48, 64), render_mask(self.bank, batch, 48, 64)
            for scene, picture, covered in zip(scenes, pictures, mask):
                free = picture[:, covered[0] == 0]
                self.assertGreater(free.shape[1], 0)
                if kind == "transparent":
                    self.assertEqual(free.abs().max().item(), 0)
                else:
                    wish = torch.tensor([*COLOURS[scene.facts["background"]], 255]) / 255
                    self.assertLess((free - wish[:, None]).abs().max().item(), 1e-5)

    def test_sceneries_are_opaque_and_differ(self):
        world = self.world()
        for place in ("stripes", *(place for places in PLACES.values() for place in places)):
            name = "pattern" if place == "stripes" else place
            scenes = [world.compose(rng=random.Random(k), subject="star", background=name) for k in range(3)]
            pictures = render(self.bank, pack(scenes), 48, 48)
            self.assertGreater(pictures[:, 3].min().item(), 0.999, place)
            self.assertGreater((pictures[0] - pictures[1]).abs().mean().item(), 0.002, place)

    def test_a_scene_does_not_depend_on_its_batch(self):
        world, rng = self.world(), random.Random(13)
        scenes = [world.draw(rng) for _ in range(24)]
        together = render(self.bank, pack(scenes), 64, 64)
        for k in range(0, 24, 5):
            alone = render(self.bank, pack([scenes[k]]), 64, 64)[0]
            self.assertLess((alone - together[k]).abs().max().item(), 1e-4, scenes[k].caption)

    def test_subjects_stay_inside_the_picture(self):
        world, rng = self.world(**{"close-up": 0.0}), random.Random(14)
        for aspect in ASPECTS.values():
            half = max(aspect, 1) / 2, max(1 / aspect, 1) / 2
            for _ in range(150):
                scene = world.draw(rng, aspect)
                for layer in self.drawings_of(world, scene):
                    box = world.catalogue.boxes[layer.sprite]
                    size = (box[2] - box[0]) * layer.scale, (box[3] - box[1]) * layer.scale
                    if layer.turn == 0:
                        for middle, extent, limit in zip(self.middle(world, layer), size, half):
                            self.assertLess(abs(middle) + extent / 2, limit + 0.02, scene.caption)

    def test_flip_turn_and_place(self):
        """A single layer is drawn at its place, mirrored and rotated."""
        world = self.world()
        scene = world.compose(rng=random.Random(0), subject="star", background="transparent")
        layer = scene.layers[0]._replace(x=0.25, y=-0.25, scale=0.4, flip=1, turn=0.0)
        drawn = lambda **change: render(self.bank, pack([type(scene)("", [layer._replace(**change)], scene.ground, {})]), 64, 64)[0]
        rows, columns = np.nonzero(drawn()[3].numpy() > 0.5)
        self.assertAlmostEqual((columns.mean() + 0.5) / 64 - 0.5, 0.25, delta=0.03)
        self.assertAlmostEqual((rows.mean() + 0.5) / 64 - 0.5, -0.25, delta=0.03)
        centred = dict(x=0.0, y=0.0)
        self.assertLess((drawn(**centred, flip=-1) - drawn(**centred).flip(-1)).abs().max().item(), 1e-4)
        self.assertLess((drawn(**centred, turn=np.pi / 2) - drawn(**centred).rot90(-1, (1, 2))).abs().max().item(), 1e-3)

    def test_shadows_are_under_standing_things_and_not_in_masks(self):
        world = self.world()
        scene = world.compose(rng=random.Random(3), subject="house", background="meadow")
        self.assertIn(SHADOW, [layer.part for layer in scene.layers])
        shadowless = type(scene)("", [layer for layer in scene.layers if layer.part != SHADOW], scene.ground, {})
        masks = render_mask(self.bank, pack([scene, shadowless]), 64, 64)
        self.assertTrue(torch.equal(masks[0], masks[1]))
        pictures = render(self.bank, pack([scene, shadowless]), 64, 64)
        self.assertLess((pictures[0] - pictures[1]).mean().item(), 0)


class Recolouring(Fixture):
    def test_a_matrix_changes_the_tone_and_keeps_the_greys(self):
        rng = np.random.default_rng(0)
        for _ in range(50):
            tone, wish = rng.random(3), rng.random(3)
            matrix = np.array(recolour.matrix(tone, wish)).reshape(3, 3)
            np.testing.assert_allclose(matrix @ tone, wish, atol=1e-6)
            np.testing.assert_allclose(matrix @ np.ones(3), np.ones(3), atol=1e-6)

    def test_a_blue_star_is_blue(self):
        world = self.world()
        coloured = [i for i, tone in enumerate(world.catalogue.tones) if tone]
        self.assertTrue(coloured)
        for row in coloured[:6]:
            facts = world.rows[row]
            scene = world.compose(rng=random.Random(1), subject=facts["subject"], style=facts["style"], colour="blue", background="transparent")
            self.assertIn("blue", scene.caption)
            picture = render(self.bank, pack([scene]), 64, 64)[0]
            solid = picture[:, picture[3] > 0.9]
            red, _, blue = solid[:3].median(1).values
            self.assertGreater(blue - red, 0.2, facts)

    def test_measures(self):
        square = np.zeros((1, 4, 64, 64), np.uint8)
        square[0, :, 16:48, 8:40] = np.array([220, 40, 40, 255], np.uint8)[:, None, None]
        row = measure([{"subject": "square"}], square)[0]
        self.assertEqual(row["box"], (8 / 64, 16 / 64, 40 / 64, 48 / 64))
        self.assertEqual(recolour.colour_name(row["tone"]), "red")
        square[0, :3, 16:48, 8:24] = np.array([40, 40, 220], np.uint8)[:, None, None]
        self.assertIsNone(measure([{"subject": "square"}], square)[0]["tone"])


if __name__ == "__main__":
    unittest.main()
