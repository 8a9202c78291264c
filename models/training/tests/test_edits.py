"""Edits: what is known agrees with the picture, holes have their shapes, references show the same thing, lessons are complete."""
import random
import sys
import unittest
from collections import Counter
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from data import drawings, looks, raster  # noqa: E402
from scenes import Bank, Editor, Sprites, World, cases, holes, look_held_out, pack, pack_edits, render_edits  # noqa: E402
from scenes.edits import KINDS, NOWHERE, SHARES  # noqa: E402
from text.tokenizer import Tokenizer  # noqa: E402
from trainer.feed import Batches, feed  # noqa: E402
from trainer.lessons import Lessons, edit_cases  # noqa: E402

TOKENIZER = HERE.parents[1] / "tests" / "fixtures" / "tokenizer" / "tokenizer.json"
CLEAR = 1e-5


class Fixture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        if not hasattr(Fixture, "bank"):
            rows, pixels = raster.rasterize(looks.choose(drawings.load(HERE / "fixtures" / "drawings.jsonl")), 64, 1)
            Fixture.world, Fixture.bank = World(rows), Bank(Sprites.of(rows, pixels))

    def plan(self, kind, count=48, seed=1):
        editor, rng = Editor(self.world, {kind: 1.0}), random.Random(f"{kind} {seed}")
        return zip(*(editor.draw(rng) for _ in range(count)))

    def draw(self, kind, **options):
        things, edits = self.plan(kind, **options)
        return things, edits, *render_edits(self.bank, pack(things), pack_edits(edits))


class Kinds(Fixture):
    def test_shares(self):
        editor, rng = Editor(self.world), random.Random(2)
        drawn = Counter(editor.draw(rng)[1].kind for _ in range(2000))
        for kind in KINDS:
            self.assertAlmostEqual(drawn[kind] / 2000, SHARES[kind], delta=0.04)
        self.assertEqual({edit.kind for edit in tuple(self.plan("vary"))[1]}, {"vary"})

    def test_what_is_known_is_the_picture(self):
        for kind in ("inpaint", "insert", "extend", "return"):
            _, _, picture, known, mask = self.draw(kind)
            self.assertEqual(set(mask.unique().tolist()) | {1.0}, {0.0, 1.0} if kind != "return" else {1.0}, kind)
            self.assertLess(((picture - known) * (mask > 0)).abs().max().item(), CLEAR)
            self.assertTrue(torch.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1 + CLEAR)

    def test_holes_of_parts_are_neither_empty_nor_everything(self):
        _, edits, _, _, mask = self.draw("inpaint", count=200)
        share = (mask == 0).float().mean((1, 2, 3))
        self.assertGreater(share.min().item(), 0.002)
        self.assertLess(share.max().item(), 0.97)
        self.assertEqual({edit.hole for edit in edits}, {holes.LASSO, holes.BOX, holes.STROKE, holes.CUT, holes.OWN})

    def test_an_inserted_thing_is_inside_its_hole(self):
        things, edits, picture, _, mask = self.draw("insert")
        for edit in edits:
            self.assertTrue(edit.other is not NOWHERE or edit.ground[0])
            self.assertLess(edit.place[2] * 0.86, 0.61)
        # Without the thing, nothing changes outside the hole.
        away = pack_edits([edit._replace(place=(5.0, 5.0, 0.5)) for edit in edits])
        behind, _, _ = render_edits(self.bank, pack(things), away)
        self.assertLess(((picture - behind) * (mask > 0)).abs().max().item(), 0.11)
        self.assertGreater(((picture - behind) * (mask == 0)).abs().amax((1, 2, 3)).min().item(), 0.15)

    def test_the_frame_cuts_things_that_are_extended(self):
        things, edits = self.plan("extend")
        edits = [edit._replace(ground=[0.0] * len(edit.ground), mirrored=False) for edit in edits]
        picture, _, mask = render_edits(self.bank, pack(things), pack_edits(edits))
        alpha = picture[:, 3] > 0.5
        border = torch.stack([alpha[:, :, 0].any(1), alpha[:, :, -1].any(1), alpha[:, 0].any(1), alpha[:, -1].any(1)], 1)
        self.assertGreater(border.any(1).float().mean().item(), 0.9)
        known = (mask > 0).float().mean((1, 2, 3))
        self.assertTrue(((known > 0.2) & (known < 0.65)).all())

    def test_changes_are_aligned_and_told(self):
        things, edits, picture, known, mask = self.draw("change", count=100)
        ways = Counter()
        for thing, edit in zip(things, edits):
            recoloured = edit.other.drawing == thing.drawing
            ways["colour" if recoloured else "look"] += 1
            self.assertEqual(edit.place, edit.other_place)
            self.assertTrue(thing.facts["colour"] if recoloured else thing.facts["told_look"])
            self.assertTrue(recoloured or self.world.catalogue.kin[thing.drawing] == self.world.catalogue.kin[edit.other.drawing])
        self.assertGreater(min(ways["colour"], ways["look"]), 20)
        self.assertTrue((mask <= 0).flatten(1).all(1).any() and (mask > 0).any())
        for k, (thing, edit) in enumerate(zip(things, edits)):
            if edit.other.drawing == thing.drawing:
                self.assertLess((picture[k, 3] - known[k, 3]).abs().max().item(), CLEAR)
                self.assertGreater((picture[k] - known[k]).abs().max().item(), 0.05)
            outside = mask[k, 0] > 0
            self.assertLess((picture[k] - known[k])[:, outside].abs().max().item() if outside.any() else 0, CLEAR)

    def test_variations_refer_to_another_drawing_of_the_subject(self):
        things, edits, picture, known, mask = self.draw("vary")
        self.assertTrue((mask == -1).all())
        self.assertTrue(((picture - known).abs().amax((1, 2, 3)) > 0.1).all())
        for thing, edit in zip(things, edits):
            one, other = self.world.rows[thing.drawing], self.world.rows[edit.other.drawing]
            self.assertEqual(one["subject"], other["subject"])
            self.assertFalse(look_held_out(other["subject"], other["look"]))
            self.assertNotEqual(self.world.catalogue.kin[thing.drawing], self.world.catalogue.kin[edit.other.drawing])

    def test_mirroring_mirrors_all(self):
        things, edits = (tuple(x) for x in self.plan("inpaint"))
        one, other = (render_edits(self.bank, pack(things), pack_edits([edit._replace(mirrored=mirrored) for edit in edits])) for mirrored in (False, True))
        for a, b in zip(one, other):
            self.assertTrue(torch.equal(a.flip(-1), b))
        self.assertAlmostEqual(sum(edit.mirrored for edit in edits) / len(edits), 0.5, delta=0.25)

    def test_things_at_their_usual_place_are_not_resampled(self):
        things, edits = self.plan("return", count=100)
        picture, _, _ = render_edits(self.bank, pack([thing._replace(colour=None) for thing in things]),
                                     pack_edits([edit._replace(mirrored=False, ground=[0.0] * len(edit.ground)) for edit in edits]))
        usual = [k for k, edit in enumerate(edits) if edit.place == (0.0, 0.0, 1.0)]
        self.assertGreater(len(usual), 20)
        for k in usual:
            self.assertTrue(torch.equal(picture[k], self.bank.pixels[things[k].drawing, :4].float() / 255))

    def test_pixel_art_stays_on_its_grid(self):
        editor, rng = Editor(self.world, {"inpaint": 1.0}), random.Random(4)
        pairs = [editor.draw(rng) for _ in range(600)]
        pairs = [(thing, edit) for thing, edit in pairs if thing.facts["look"] == "pixel" and thing.colour is None and edit.place[2] < 1]
        self.assertGreater(len(pairs), 4)
        things, edits = zip(*((thing, edit._replace(ground=[0.0] * len(edit.ground))) for thing, edit in pairs))
        picture, _, _ = render_edits(self.bank, pack(things), pack_edits(edits))
        self.assertLess((picture[:, 3] * (1 - picture[:, 3])).max().item(), CLEAR)

    def test_a_third_is_on_opaque_grounds(self):
        _, edits = self.plan("inpaint", count=400)
        self.assertAlmostEqual(sum(edit.ground[0] > 0 for edit in edits) / 400, 0.3, delta=0.08)


class Cases(Fixture):
    def test_cases_are_held_out_and_the_same_every_time(self):
        first, second = cases(self.world, 6), cases(self.world, 6)
        self.assertEqual(set(first), set(KINDS))
        for kind, (things, edits) in first.items():
            self.assertEqual(len(things), 6, kind)
            self.assertEqual((things.captions, things.facts), (second[kind][0].captions, second[kind][0].facts))
            self.assertTrue(torch.equal(edits.numbers, second[kind][1].numbers))
            if kind != "change":
                self.assertTrue(all(look_held_out(facts["subject"], facts["look"]) for facts in things.facts))

    def test_cases_as_lessons(self):
        tokenizer = Tokenizer.load(TOKENIZER)
        lessons = edit_cases(self.bank, self.world, lambda texts: tokenizer.encode_batch(texts, 16), per_kind=3)
        self.assertEqual(set(lessons), set(KINDS))
        for lesson in lessons.values():
            self.assertEqual((tuple(lesson.tokens.shape), tuple(lesson.condition.shape)), ((3, 16), (3, 5, 64, 64)))


class Feed(Fixture):
    def lesson(self, editing, number=3, **options):
        config = {"training": {"editing": editing}, "text": {"length": 16}, "scenes": {}}
        draws = feed(Batches(self.world, TOKENIZER, config, seed=1, batch=32, **options), number, 0)
        return next(iter(Lessons(self.bank, draws, torch.device("cpu"))))

    def test_a_lesson(self):
        lesson = self.lesson(0.25, contrasted=True)
        self.assertEqual([tuple(value.shape) for value in lesson], [(32, 16), (32, 4, 64, 64), (32, 5, 64, 64), (32, 1, 64, 64), (32, 16), (32,)])
        self.assertTrue((lesson.condition[8:] == 0).all() and (lesson.weight[8:] == 1).all())
        self.assertTrue((lesson.condition[:8, 0] != 0).flatten(1).any(1).all())
        self.assertGreaterEqual(lesson.data.min().item(), -1)
        known = (lesson.condition[:8, :1] > 0).expand(-1, 4, -1, -1)
        self.assertLess((lesson.condition[:8, 1:] - lesson.data[:8])[known].abs().max().item(), CLEAR)
        self.assertTrue((lesson.tokens != lesson.against).any(1).float().mean() > 0.5)

    def test_no_edits(self):
        lesson = self.lesson(0.0)
        self.assertTrue((lesson.condition == 0).all() and (lesson.weight == 1).all())
        self.assertIsNone(lesson.against)

    def test_a_batch_depends_on_its_number_alone(self):
        one, again, other = self.lesson(0.25), self.lesson(0.25), self.lesson(0.25, number=4)
        for a, b in zip(one[:4], again[:4]):
            self.assertTrue(torch.equal(a, b))
        self.assertFalse(torch.equal(one.data, other.data))

    def test_changes_are_always_told(self):
        config = {"training": {"editing": 1.0}, "text": {"length": 16}, "scenes": {"edits": {"change": 1.0}}}
        draw = Batches(self.world, TOKENIZER, config, seed=1, batch=64)[0]
        self.assertTrue((draw.tokens != 0).any(1).all())
        config["scenes"]["edits"] = {"inpaint": 1.0}
        draw = Batches(self.world, TOKENIZER, config, seed=1, batch=64)[0]
        self.assertAlmostEqual((draw.tokens == 0).all(1).float().mean().item(), 0.1, delta=0.1)


if __name__ == "__main__":
    unittest.main()
