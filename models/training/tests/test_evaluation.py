"""The evaluation's measures on pictures with known results: right ones pass, wrong ones fail."""
import json
import os
import stat
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from data import drawings, looks, raster  # noqa: E402
from evaluation import augment, colour, engine, examine, judge, labels, measure, mush, prompts, real, report, style, verdict  # noqa: E402
from evaluation.features import Features, distance  # noqa: E402
from scenes.held_out import SYNONYMS, colour_held_out, look_held_out  # noqa: E402
from scenes.words import COLOURS  # noqa: E402

torch.set_num_threads(1)  # more threads wait for each other on a busy machine
FIXTURE = Path(__file__).parent / "fixtures" / "drawings.jsonl"


def disc(side=256, radius=90, rgb=(0.2, 0.7, 0.3), centre=None, alpha=1.0):
    """A disc on nothing; premultiplied [4, side, side]."""
    x0, y0 = centre or (side / 2, side / 2)
    y, x = torch.meshgrid(torch.arange(side) + 0.5, torch.arange(side) + 0.5, indexing="ij")
    inside = (radius - ((x - x0) ** 2 + (y - y0) ** 2).sqrt() + 0.5).clamp(0, 1) * alpha
    return torch.stack([*(inside * channel for channel in rgb), inside])


class Alpha(unittest.TestCase):
    def test_a_disc_on_nothing_has_no_faults(self):
        self.assertEqual(measure.faults(disc()), [])
        soft = torch.nn.functional.avg_pool2d(disc()[None], 5, 1, 2)[0]
        self.assertEqual(measure.faults(soft), [])

    def test_rings_and_several_parts_have_no_faults(self):
        ring = disc() - disc(radius=50)
        self.assertEqual(measure.faults(ring), [])
        self.assertEqual(measure.faults(torch.maximum(disc(radius=40, centre=(70, 70)), disc(radius=12, centre=(180, 190)))), [])

    def test_empty_and_full_pictures(self):
        self.assertEqual(measure.faults(torch.zeros(4, 256, 256)), ["empty"])
        self.assertEqual(measure.faults(disc(alpha=0.5)), ["empty"])
        self.assertEqual(measure.faults(torch.ones(4, 256, 256)), ["full"])

    def test_haze_outside_and_inside(self):
        for level in (0.03, 0.3, 0.6):
            self.assertIn("haze", measure.faults(disc().clamp(min=level)), level)
        thin = disc()
        thin[:, 100:140, 100:140] *= 0.7
        self.assertEqual(measure.faults(thin), ["haze"])

    def test_a_thing_cut_by_the_border(self):
        self.assertEqual(measure.faults(disc(centre=(60, 128))), ["touches the border"])

    def test_specks(self):
        few, many = disc(), disc()
        few[:, 6:9, 6:9] = 1.0
        many[:, 4:20:4, 4:250:4] = 1.0
        self.assertEqual(measure.faults(few), [])
        self.assertEqual(measure.faults(many), ["specks"])

    def test_components_of_two_discs(self):
        mask = torch.maximum(disc(64, 8, centre=(14, 14)), disc(64, 8, centre=(48, 40)))[3] > 0.5
        self.assertEqual(len(measure.components(mask)[mask].unique()), 2)


class Colour(unittest.TestCase):
    @staticmethod
    def rgb(name):
        return tuple(channel / 255 for channel in COLOURS[name])

    def test_a_disc_has_its_own_colour(self):
        for name in COLOURS:
            self.assertTrue(colour.told(disc(rgb=self.rgb(name)), name), name)

    def test_clearly_different_colours_are_wrong(self):
        words = dict(zip(colour.NAMES, colour.WORDS))
        for name in COLOURS:
            for other in COLOURS:
                if (words[name] - words[other]).norm() > 0.2:
                    self.assertFalse(colour.told(disc(rgb=self.rgb(other)), name), (name, other))

    def test_windows_and_outlines_may_have_other_colours(self):
        house = disc(rgb=self.rgb("red"))
        house[:3, 110:150, 90:120] = torch.tensor(self.rgb("sky blue"))[:, None, None]
        rim = disc() - disc(radius=82)
        outlined = torch.cat([house[:3] * (1 - rim[3]), house[3:]])
        self.assertTrue(colour.told(outlined, "red"))
        self.assertFalse(colour.told(outlined, "sky blue"))
        self.assertFalse(colour.told(outlined, "black"))

    def test_a_small_part_is_not_enough(self):
        picture = disc(rgb=self.rgb("green"))
        picture[:3] = torch.where(disc(radius=38)[3] > 0.5, torch.tensor(self.rgb("red"))[:, None, None], picture[:3])
        self.assertFalse(colour.told(picture, "red"))

    def quartered(self, *names):
        """A square of stripes, each a part of a colour."""
        picture = torch.ones(4, 256, 256)
        start = 0
        for name, share in names:
            end = start + round(256 * share)
            picture[:3, :, start:end], start = torch.tensor(self.rgb(name))[:, None, None], end
        return picture

    def test_a_fifth_is_not_enough_although_no_other_colour_covers_much_more(self):
        self.assertFalse(colour.told(self.quartered(("red", 0.2), ("yellow", 0.27), ("blue", 0.27), ("green", 0.26)), "red"))
        self.assertTrue(colour.told(self.quartered(("red", 0.28), ("yellow", 0.24), ("blue", 0.24), ("green", 0.24)), "red"))

    def test_a_quarter_is_not_enough_beside_a_colour_that_covers_the_rest(self):
        self.assertFalse(colour.told(self.quartered(("red", 0.28), ("green", 0.72)), "red"))

    def test_shading_is_allowed(self):
        light = torch.linspace(0.75, 1.1, 256)[None, :, None]
        for name in ("red", "teal", "purple", "orange"):
            picture = disc(rgb=self.rgb(name))
            picture[:3] = (picture[:3] * light).minimum(picture[3:])
            self.assertTrue(colour.told(picture, name), name)

    def test_the_ink_of_a_line_drawing_has_the_colour(self):
        ring = disc(radius=90, rgb=self.rgb("blue"))
        white = disc(radius=84, rgb=(1, 1, 1))
        picture = torch.cat([ring[:3] * (1 - white[3]) + white[:3], ring[3:]])
        self.assertTrue(colour.told(picture, "blue", "line"))
        self.assertFalse(colour.told(picture, "red", "line"))

    def test_an_empty_picture_has_no_colour(self):
        self.assertFalse(any(colour.told(torch.zeros(4, 64, 64), name) for name in COLOURS))


class Statistics(unittest.TestCase):
    def test_wilson(self):
        low, high = measure.wilson(90, 100)  # textbook values
        self.assertAlmostEqual(low, 0.8256, places=3)
        self.assertAlmostEqual(high, 0.9448, places=3)
        self.assertEqual(measure.wilson(0, 0), (0.0, 1.0))
        self.assertGreater(measure.wilson(10, 10)[0], 0.7)

    def test_kid_is_zero_for_equal_and_large_for_different_features(self):
        generator = torch.Generator().manual_seed(0)
        draw = lambda shift: torch.randn(256, 16, generator=generator) + shift
        equal, error = measure.kid(draw(0), draw(0))
        other, _ = measure.kid(draw(0), draw(0.7))
        self.assertLess(abs(equal), 4 * error)
        self.assertGreater(other, 10 * error)


class Augmentation(unittest.TestCase):
    def setUp(self):
        self.pictures = torch.stack([disc(64, 20), disc(64, 14, (0.9, 0.2, 0.1), (24, 30))] * 8)
        self.generator = torch.Generator().manual_seed(3)

    def assertValid(self, pictures):
        self.assertTrue(pictures.isfinite().all())
        self.assertGreaterEqual(pictures.min().item(), 0)
        self.assertLessEqual((pictures[:, :3] - pictures[:, 3:]).max().item(), 1e-5)
        self.assertLessEqual(pictures[:, 3].max().item(), 1 + 1e-5)

    def test_pictures_stay_premultiplied(self):
        placed = augment.place(self.pictures, self.generator, 64, torch.ones(16))
        self.assertValid(augment.wear(augment.recolour(placed, self.generator), self.generator))

    def test_recolouring_keeps_alpha_and_changes_hue(self):
        out = augment.recolour(self.pictures, self.generator)
        torch.testing.assert_close(out[:, 3], self.pictures[:, 3])
        reddest = out[::2, :3, 32, 32].argmax(1)
        self.assertGreater(len(reddest.unique()), 1)  # a green disc takes other hues

    def test_mush_of_every_kind_is_unlike_its_drawing(self):
        for kind in mush.KINDS:
            made = augment.valid(kind(self.pictures, self.generator))
            self.assertValid(made)
            self.assertGreater((made - self.pictures).abs().mean().item(), 0.02, kind.__name__)
        self.assertValid(mush.make(self.pictures, self.generator))


class Network(unittest.TestCase):
    def tiny(self):
        torch.manual_seed(0)
        return judge.Judge(["cat", "dog", judge.NOTHING], widths=(8, 8, 16, 16), features=8).eval()

    def test_a_saved_judge_finds_the_same(self):
        net = self.tiny()
        with tempfile.TemporaryDirectory() as folder:
            judge.save(Path(folder) / "tiny.safetensors", net, {"pictures": 3})
            again, about = judge.load(Path(folder) / "tiny.safetensors")
            features = Features(Path(folder) / "tiny.safetensors")
        self.assertEqual(about["pictures"], 3)
        pictures = torch.stack([disc(), disc(radius=50)])
        for one, two in zip(judge.look(net, pictures), judge.look(again, pictures)):
            self.assertEqual(one.subject, two.subject)
            torch.testing.assert_close(one.features, two.features, atol=0.05, rtol=0.05)
        self.assertEqual([found.shape[2] for found in features.train()(pictures)], [128, 64, 32, 16])
        self.assertFalse(features.judge.training)

    def test_a_missing_judge_is_reported(self):
        with self.assertRaisesRegex(FileNotFoundError, "--train-judge"):
            judge.load(Path("nowhere/judge.safetensors"))

    def test_the_distance_of_features_has_a_gradient_that_lowers_it(self):
        with tempfile.TemporaryDirectory() as folder:
            judge.save(Path(folder) / "tiny.safetensors", self.tiny(), {})
            features = Features(Path(folder) / "tiny.safetensors")
        true = features(disc(64, 20)[None])
        made = disc(64, 12)[None].requires_grad_()
        before = distance(features(made), true)
        gradient, = torch.autograd.grad(before, made)
        self.assertLess(distance(features(made - 0.01 * gradient / gradient.abs().max()), true).item(), before.item())
        self.assertEqual(distance(true, true).item(), 0)


class Labels(unittest.TestCase):
    def test_subjects_that_differ_in_colour_share_a_label(self):
        self.assertEqual(labels.noun("green heart"), "heart")
        self.assertEqual(labels.noun("light blue heart"), "heart")
        self.assertEqual(labels.noun("broken heart"), "broken heart")
        self.assertTrue(labels.Merges().same_subject("heart", "green heart", "3d"))
        self.assertFalse(labels.Merges().same_subject("heart", "broken heart", "3d"))

    def test_merges_apply_in_their_looks(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "merges.json"
            path.write_text(json.dumps([{"subjects": ["cat", "cat face"], "looks": ["3d"]}]))
            merged = labels.Merges(path)
        self.assertTrue(merged.same_subject("cat", "cat face", "3d"))
        self.assertFalse(merged.same_subject("cat", "cat face", "flat"))

    def test_every_merge_has_a_reason(self):
        listed = json.loads(labels.MERGES.read_text())
        for entry in listed:
            self.assertGreater(len(entry["subjects"]), 1)
            self.assertTrue(entry["reason"])


def tiny_jury(folder):
    """An untrained judge for the fixture's drawings. Its findings do not matter to the tests of the surrounding code."""
    rows, pixels = raster.rasterize(looks.choose(drawings.load(FIXTURE)), real.LEARNT_SIDE, 1, Path(folder))
    drawn = real.Real(rows, pixels, labels.Merges())
    torch.manual_seed(0)
    net = judge.Judge([*sorted({labels.noun(subject) for subject in drawn.subjects}), judge.NOTHING], widths=(8, 8, 8, 16), features=8)
    return report.Jury(net.eval(), {"unseen": [3, 4]}, drawn, drawn, drawn)


class Whole(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.jury = tiny_jury(folder.name)

    def prompts(self):
        with mock.patch.object(prompts, "PER_COLOUR", 1), tempfile.TemporaryDirectory() as folder, mock.patch.object(prompts, "FOLDER", Path(folder)), \
             mock.patch.object(prompts, "colour_held_out", lambda *pair: False), mock.patch.object(prompts, "look_held_out", lambda subject, look: (subject, look) == ("cat", "bold")):
            prompts.write(self.jury.real)
            return prompts.load()

    def test_prompts_ask_for_what_they_state(self):
        asked = self.prompts()
        self.assertEqual(sorted(prompt["subject"] for prompt in asked if prompt["group"] == "things"), self.jury.real.subjects)
        self.assertEqual(len({prompt["seed"] for prompt in asked}), len(asked))
        for prompt in asked:
            self.assertIn(prompt["look"], prompt["prompt"])
            if prompt["colour"]:
                self.assertIn(prompt["colour"], prompt["prompt"])
                self.assertFalse(colour.told(self.jury.real.picture(prompt["subject"], prompt["look"]), prompt["colour"], prompt["look"]))
            if prompt["group"] == "synonyms":
                self.assertTrue(any(word in prompt["prompt"] for word in SYNONYMS[prompt["subject"]]))

    def test_the_files_have_exactly_the_keys(self):
        asked = self.prompts()
        with mock.patch.object(examine, "EXAMINED", 16):
            result = report.evaluate(self.jury, asked, self.jury.renders(asked))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "figures.json"
            report.write(result, path)
            written, details = json.loads(path.read_text()), json.loads(path.with_suffix(".details.json").read_text())
            report.sheets(self.jury, asked, self.jury.renders(asked), result, Path(folder) / "sheet.png")
            self.assertTrue((Path(folder) / "sheet-nearest.png").exists())
        self.assertEqual(set(written), set(report.KEYS))
        self.assertTrue(all(isinstance(value, float) for value in written.values()))
        self.assertEqual(len(details["pictures"]), len(asked))
        for name in ("subject", "style", "colour", "bound", "alpha", "synonyms", "unseen", "kid"):
            self.assertIn(name, report.table(result))

    def test_the_look_of_a_worn_drawing_is_found(self):
        drawn, generator = self.jury.drawn, torch.Generator().manual_seed(1)
        for row in drawn.rows:
            picture = augment.wear(drawn.picture(row["subject"], row["look"])[None], generator)[0]
            self.assertEqual(style.nearest(picture, row["subject"], drawn), row["look"])

    def test_pixel_measures_distinguish_real_from_shuffled(self):
        asked = [prompt for prompt in self.prompts() if prompt["group"] == "colours"]
        share = lambda pictures: verdict.shares(self.jury.verdicts(asked, pictures))["colour"]
        right, wrong = share(self.jury.renders(asked)), share(self.jury.renders(report.others(asked)))
        self.assertGreaterEqual(right[0] / right[1], 0.9)
        self.assertLessEqual(wrong[0] / wrong[1], 0.2)

    def test_a_heart_of_another_colour_is_wrong(self):
        asked = {"subject": "green heart", "look": "flat", "colour": "green"}
        finding = judge.Finding("heart", 1.0)
        of = lambda name, asked: verdict.named(finding, self.jury.real.painted("red heart", "flat", name), asked, self.jury.real.merges)
        self.assertTrue(of("green", asked))
        self.assertFalse(of("red", asked))
        self.assertTrue(of("red", asked | {"colour": None}))

    def test_others_are_of_the_same_group(self):
        asked = self.prompts()
        for prompt, other in zip(asked, report.others(asked)):
            self.assertEqual(prompt["group"], other["group"])
        singles = [prompt["group"] for prompt in asked]
        self.assertTrue(all(a is not b for a, b in zip(asked, report.others(asked)) if singles.count(a["group"]) > 1))


class Prompts(unittest.TestCase):
    def test_committed_prompts_cover_what_they_promise(self):
        asked = {group: prompts.load((group,)) for group in prompts.MAKERS}
        self.assertEqual(len({prompt["subject"] for prompt in asked["things"]}), len(asked["things"]))
        shares = [sum(prompt["look"] == look for prompt in asked["things"]) for look in looks.LOOKS]
        self.assertGreater(min(shares), 0.9 * len(asked["things"]) / len(looks.LOOKS))
        self.assertTrue(all(look_held_out(prompt["subject"], prompt["look"]) for prompt in asked["unseen"]))
        unseen = [colour_held_out(prompt["subject"], prompt["colour"]) for prompt in asked["colours"]]
        self.assertEqual(sum(unseen), len(unseen) / 2)
        self.assertEqual({prompt["colour"] for prompt in asked["colours"]}, set(COLOURS))
        self.assertFalse([prompt["prompt"] for prompt in asked["colours"] if set(prompt["subject"].split()) & set(COLOURS)])
        for prompt in asked["synonyms"]:
            self.assertTrue(any(prompt["prompt"].endswith(word) for word in SYNONYMS[prompt["subject"]]), prompt)

    def test_sixty_natural_prompts_of_different_things(self):
        natural = prompts.natural()
        self.assertEqual(len(natural), 60)
        self.assertEqual(len({prompt["prompt"] for prompt in natural}), 60)
        self.assertEqual(len({prompt["accept"][0] for prompt in natural}), 60)


FAKE = """#!{python}
import json, sys
from PIL import Image
words = sys.argv[1:]
for line in open(words[words.index("--prompts") + 1]):
    entry = json.loads(line)
    if entry["prompt"] == "fail":
        sys.exit("out of luck")
    side = int(entry.get("size", "8x8").split("x")[0])
    Image.new("RGBA", (side, side), (entry["seed"], 0, 0, 128)).save(words[words.index("--output") + 1] + "/" + entry["output"])
print("{{}}")
"""


class Engine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.program = self.folder / "image2"
        self.program.write_text(FAKE.format(python=sys.executable))
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        (self.folder / "manifest.json").write_text("{}")
        patched = mock.patch.object(engine, "PICTURES", self.folder / "pictures")
        patched.start()
        self.addCleanup(patched.stop)
        self.engine = engine.Engine(self.program, self.folder)

    def test_pictures_are_premultiplied_and_cached(self):
        asked = [{"id": "a-0", "prompt": "--a cat", "seed": 200}, {"id": "a-1", "prompt": "a dog", "seed": 100}]
        first, second = self.engine.generate(asked)
        torch.testing.assert_close(engine.read(first)[0], torch.full((8, 8), 200 / 255 * 128 / 255))
        before = os.stat(second).st_mtime_ns
        self.engine.generate(asked)
        self.assertEqual(os.stat(second).st_mtime_ns, before)
        asked[1]["prompt"] = "a cow"
        self.assertNotEqual(self.engine.generate(asked)[1], second)

    def test_a_package_with_an_upscaler_draws_at_the_judged_size(self):
        (self.folder / "manifest.json").write_text(json.dumps({"components": {"denoiser": {}, "upscaler": {}}}))
        path, = self.engine.generate([{"id": "a-0", "prompt": "a cat", "seed": 1}])
        self.assertEqual(engine.read(path).shape, (4, real.SIDE, real.SIDE))

    def test_a_long_list_takes_several_starts(self):
        asked = [{"id": f"a-{k}", "prompt": "a cat", "seed": k} for k in range(3)]
        with mock.patch.object(engine, "AT_ONCE", 2):
            paths = self.engine.generate(asked)
        self.assertEqual([round(engine.read(path)[0, 0, 0].item() * 255 * 255 / 128) for path in paths], [0, 1, 2])

    def test_a_failure_includes_the_output(self):
        asked = [{"id": f"a-{k}", "prompt": prompt, "seed": k} for k, prompt in enumerate(("a cat", "fail"))]
        with self.assertRaisesRegex(engine.EngineError, "out of luck"):
            self.engine.generate(asked)

    def test_a_picture_without_alpha_is_opaque(self):
        Image.new("RGB", (4, 4), "red").save(self.folder / "rgb.png")
        self.assertTrue((engine.read(self.folder / "rgb.png")[3] == 1).all())


if __name__ == "__main__":
    unittest.main()
