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
from data import drawings, raster  # noqa: E402
from evaluation import augment, engine, judge, lessons, measure, prompts, reader, report, verdict, worlds  # noqa: E402
from scenes import Bank, Lettering, World, held_out, recolour, render  # noqa: E402
from scenes.held_out import LETTERS, SYNONYMS  # noqa: E402

FIXTURE = Path(__file__).parent / "fixtures" / "drawings.jsonl"

COLORS = {"white": (255, 255, 255), "black": (18, 18, 22), "red": (222, 60, 58), "blue": (58, 118, 228), "navy": (24, 40, 92)}
same = lambda a, b: a == b


def disc(side=64, radius=20, alpha=1.0, ground=None, centre=(32, 32)):
    """A green disc on transparency, or on a ground of one colour; premultiplied [4, side, side]."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    inside = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2 <= radius**2).float() * alpha
    picture = torch.stack([inside * 0.2, inside * 0.7, inside * 0.3, inside])
    if ground is not None:
        below = torch.cat([torch.tensor(ground) / 255, torch.ones(1)])[:, None, None]
        picture = picture + below * (1 - inside)
    return picture


class Transparency(unittest.TestCase):
    def test_a_disc_on_transparency_passes(self):
        self.assertTrue(measure.transparent(disc()))

    def test_opaque_and_empty_pictures_fail(self):
        self.assertFalse(measure.transparent(disc(ground=COLORS["white"])))
        self.assertFalse(measure.transparent(torch.zeros(4, 64, 64)))
        self.assertFalse(measure.transparent(torch.ones(4, 64, 64)))

    def test_weak_and_strong_haze_fail(self):
        for haze in (0.03, 0.3, 0.6):
            self.assertFalse(measure.transparent(disc().clamp(min=haze)), haze)

    def test_debris_counts_as_outside(self):
        few, many = disc(), disc()
        few[:, 2, 2:30] = 1.0
        many[:, ::4, ::4] = torch.maximum(many[:, ::4, ::4], torch.ones(()))
        self.assertTrue(measure.transparent(few))
        self.assertFalse(measure.transparent(many))

    def test_a_soft_edge_of_three_pixels_passes(self):
        soft = torch.nn.functional.avg_pool2d(disc()[None], 5, 1, 2)[0]
        self.assertTrue(measure.transparent(soft))

    def test_components_of_two_discs(self):
        mask = torch.maximum(disc(radius=8, centre=(14, 14)), disc(radius=8, centre=(48, 40)))[3] > 0.5
        self.assertEqual(len(measure.components(mask)[mask].unique()), 2)


class Background(unittest.TestCase):
    def test_every_colour_has_its_own_name(self):
        for name, color in COLORS.items():
            self.assertEqual(measure.plain_background(disc(ground=color), COLORS), name)

    def test_a_near_colour_counts_as_the_nearest(self):
        self.assertEqual(measure.plain_background(disc(ground=(205, 80, 70)), COLORS), "red")

    def test_an_empty_picture_is_transparent_and_a_mixture_has_no_name(self):
        self.assertEqual(measure.plain_background(disc(), COLORS), "transparent")
        noise = torch.rand(4, 64, 64, generator=torch.Generator().manual_seed(0))
        noise[3] = 1
        self.assertIsNone(measure.plain_background(noise, COLORS))
        self.assertIsNone(measure.plain_background(disc(ground=COLORS["red"]) * 0.5, COLORS))

    def test_lab_of_white_and_red(self):
        white, red = measure.lab(torch.tensor([[1.0, 1, 1], [1, 0, 0]]))
        torch.testing.assert_close(white, torch.tensor([100.0, 0, 0]), atol=0.02, rtol=0)
        torch.testing.assert_close(red, torch.tensor([53.24, 80.09, 67.20]), atol=0.05, rtol=0)


class Objects(unittest.TestCase):
    cat, dog = ("cat", 0.25, 0.5), ("dog", 0.75, 0.5)

    def test_two_subjects(self):
        self.assertIsNotNone(measure.both([self.dog, self.cat], "cat", "dog", same))
        self.assertIsNone(measure.both([self.cat, self.cat], "cat", "dog", same))
        self.assertIsNone(measure.both([self.cat], "cat", "dog", same))
        self.assertIsNone(measure.both([self.cat, self.dog, self.dog], "cat", "dog", same))

    def test_swapped_sides_are_wrong(self):
        self.assertTrue(measure.placed(self.cat, self.dog, "left"))
        self.assertFalse(measure.placed(self.dog, self.cat, "left"))
        self.assertTrue(measure.placed(self.dog, self.cat, "right"))
        for relation in ("above", "below"):
            self.assertFalse(measure.placed(self.cat, self.dog, relation))
        self.assertTrue(measure.placed(("cat", 0.5, 0.2), ("dog", 0.6, 0.8), "above"))
        self.assertFalse(measure.placed(("cat", 0.5, 0.8), ("dog", 0.6, 0.2), "above"))

    def test_counts_are_exact(self):
        self.assertTrue(measure.counted([self.cat] * 3, "cat", 3, same))
        self.assertFalse(measure.counted([self.cat] * 4, "cat", 3, same))
        self.assertFalse(measure.counted([self.cat, self.cat, self.dog], "cat", 3, same))
        self.assertFalse(measure.counted([], "cat", 1, same))


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


class Networks(unittest.TestCase):
    def test_neighbouring_peaks_count_once(self):
        heat = torch.zeros(1, 12, 12)
        heat[0, 3, 3:5] = 0.9  # a middle between two cells counts once
        heat[0, 9, 9] = 0.8
        heat[0, 0, 0] = 0.1
        self.assertEqual(judge.peaks(heat)[0].sum(), 2)

    def test_a_saved_judge_can_be_loaded(self):
        net = judge.Judge(["cat", "dog"], ["flat"], widths=(4, 4, 8, 8), depths=(1, 1, 1)).eval()
        with tempfile.TemporaryDirectory() as folder:
            judge.save(Path(folder) / "tiny.safetensors", net, {"pictures": 3})
            again, about = judge.load(Path(folder) / "tiny.safetensors")
        self.assertEqual(about["pictures"], 3)
        finding, = judge.look(again, disc()[None])
        self.assertIn(finding.subject, ("cat", "dog"))
        with self.assertRaisesRegex(FileNotFoundError, "--train-judges tiny"):
            judge.load(Path("nowhere/tiny.safetensors"))

    def test_middles_of_letters_are_decoded_into_words(self):
        word = "BOO7"
        kinds = torch.tensor([[reader.ALPHABET.index(letter) for letter in word] + [-1], [-1] * 5])
        middles = torch.tensor([[0.1, 0.5], [0.3, 0.45], [0.42, 0.55], [0.9, 0.5], [0.0, 0.0]]).expand(2, -1, -1)
        heat = reader.heat(kinds, middles)
        self.assertEqual((heat > 0.99).sum((1, 2, 3)).tolist(), [4, 0])
        self.assertEqual(reader.decode(torch.logit(heat, 1e-4)), [word, ""])

    def test_the_readers_targets_have_the_letters_places(self):
        rows = drawings.load(FIXTURE)
        rows, pixels = raster.rasterize(rows, 64, 1)
        world = World(recolour.measure(rows, pixels))
        judged = worlds.Judged(rows)
        written = lambda judged, rng: dict(letters="A7Z", background="white", colour="black")
        lesson = lessons.Lessons(world, judged, "letters", written, batch=4)[0]
        self.assertEqual([reader.ALPHABET[k] for k in lesson.letters[0] if k >= 0], list("A7Z"))
        pictures = augment.over(render(Bank(pixels), lesson.scenes, 128, 128), 1.0)
        for picture, middles in zip(pictures, lesson.letter_middles):
            dark = (picture.mean(0) < 0.5).nonzero().float() + 0.5
            x = middles[:3, 0] * 128
            self.assertTrue((x.diff() > 0).all())
            self.assertAlmostEqual(dark[:, 1].min().item() + dark[:, 1].max().item(), (x[0] + x[2]).item(), delta=24)
            self.assertGreater(((dark[:, 1] - x[1]).abs() < 12).sum(), 20)

    def test_centres_move_with_the_picture(self):
        generator = torch.Generator().manual_seed(3)
        spots, centres = [], torch.tensor([[0.3, 0.4], [0.6, 0.7], [0.5, 0.3]])[:, None].repeat(8, 1, 1)
        for x, y in centres[:, 0].tolist():
            spots.append(disc(96, 4, centre=(x * 96 - 0.5, y * 96 - 0.5))[3:].expand(3, -1, -1))
        bent, moved = augment.bend(torch.stack(spots), centres, generator)
        weight = bent[:, 0] / bent[:, 0].sum((1, 2), keepdim=True)
        line = (torch.arange(96) + 0.5) / 96
        found = torch.stack([(weight.sum(1) * line).sum(1), (weight.sum(2) * line).sum(1)], 1)
        self.assertGreater((found - centres[:, 0]).abs().max(), 0.03)  # the picture was bent
        self.assertLess((found - moved[:, 0]).abs().max(), 0.02)

    def test_augmented_pictures_stay_in_range(self):
        rgb = torch.rand(8, 3, 96, 96, generator=torch.Generator().manual_seed(0))
        out, _ = augment.disturb(rgb, torch.zeros(8, 1, 2), torch.Generator().manual_seed(1))
        self.assertTrue(out.isfinite().all() and out.min() >= 0 and out.max() <= 1)


FAKE = """#!{python}
import json, sys
from PIL import Image
words = sys.argv[1:]
for line in open(words[words.index("--prompts") + 1]):
    entry = json.loads(line)
    if entry["prompt"] == "fail":
        sys.exit("out of luck")
    Image.new("RGBA", (8, 8), (entry["seed"], 0, 0, 128)).save(words[words.index("--output") + 1] + "/" + entry["output"])
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
        prompts = [{"id": "a-0", "prompt": "--a cat", "seed": 200}, {"id": "a-1", "prompt": "a dog", "seed": 100}]
        first, second = self.engine.generate(prompts)
        torch.testing.assert_close(engine.read(first)[0], torch.full((8, 8), 200 / 255 * 128 / 255))
        before = os.stat(second).st_mtime_ns
        self.engine.generate(prompts)
        self.assertEqual(os.stat(second).st_mtime_ns, before)
        prompts[1]["prompt"] = "a cow"
        self.assertNotEqual(self.engine.generate(prompts)[1], second)

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


def tiny_jury():
    """Untrained judges for the fixture's drawings. Their findings do not matter to the tests of the surrounding code."""
    rows, pixels = raster.rasterize(drawings.load(FIXTURE), 32, 1)
    rows = recolour.measure(rows, pixels)
    judged = worlds.Judged(rows)
    lettering = Lettering()
    stage = worlds.Stage(rows, pixels, World(rows, lettering=lettering), Bank(pixels, lettering), judged)
    torch.manual_seed(0)
    net = judge.Judge(judged.subjects, judged.styles, widths=(4, 4, 8, 8), depths=(1, 1, 1))
    return report.Jury(net, reader.Reader(widths=(4, 4, 8, 8)), stage, verdict.Merges(), 64)


class Whole(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.jury = tiny_jury()

    def prompts(self):
        """A few of every group."""
        judged = self.jury.stage.judged
        (subject, style), thing = judged.pairs[0], list(judged.things)[0]
        one, other = judged.things[thing][:2]
        facts = {"single": dict(subject=subject, style=style, background="red"), "transparent": dict(subject=subject, style=style, background="transparent"),
                 "pair": dict(subject=one, style=thing, other=other, relation="left", background="white"),
                 "count": dict(subject=one, style=thing, count=3, background="white"),
                 "lettering": dict(letters="CAT", carrier="sign", background="white"), "synonym": dict(subject=subject, style=style, phrase="thing", background="blue")}
        return [{"id": f"{group}-{k}", "group": group, "prompt": group, "seed": k, "facts": given} for group, given in facts.items() for k in range(4)]

    def test_the_figures_have_exactly_the_keys(self):
        asked = self.prompts()
        result = report.evaluate(self.jury, asked, self.jury.renders(asked, "real", 32))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "figures.json"
            report.write(result, path)
            written = json.loads(path.read_text())
            report.sheets(self.jury, asked, self.jury.renders(asked, "real", 32), result, Path(folder) / "sheet.png")
            self.assertTrue((Path(folder) / "sheet-neighbours.png").exists())
        self.assertEqual(set(written), set(verdict.KEYS))
        for name, value in written.items():
            self.assertIsInstance(value, float, name)
        for name in verdict.MEASURES:
            self.assertIn(name, report.table(result))

    def test_pixel_measures_distinguish_real_from_shuffled(self):
        asked = [prompt for prompt in self.prompts() if prompt["group"] in ("single", "transparent")]
        right = verdict.shares(self.jury.verdicts(asked, self.jury.renders(asked, "real", 64))[0])
        wrong = verdict.shares(self.jury.verdicts(asked, self.jury.renders(asked[4:] + asked[:4], "real", 64))[0])
        for name in ("background", "alpha"):
            self.assertEqual(right[name], (4, 4), name)
            self.assertEqual(wrong[name], (0, 4), name)

    def test_middles_are_inside_the_mask(self):
        from scenes import pack, render_mask
        asked = [prompt for prompt in self.prompts() if prompt["group"] == "single"]
        scenes = [prompts.scene(self.jury.stage.world, prompt, "real") for prompt in asked]
        for scene, mask in zip(scenes, render_mask(self.jury.stage.bank, pack(scenes), 64, 64)):
            (_, x, y), = worlds.middles(self.jury.stage.world, scene)
            down, across = (mask[0] > 0.1).nonzero().double().T
            self.assertAlmostEqual(x, (across.min() + across.max() + 1).item() / 128, delta=0.03)
            self.assertAlmostEqual(y, (down.min() + down.max() + 1).item() / 128, delta=0.03)


class Prompts(unittest.TestCase):
    def test_files_ask_for_held_out_combinations(self):
        for path in sorted(prompts.FOLDER.glob("*.json")):
            asked = prompts.load(path.stem)
            self.assertEqual(len({prompt["id"] for prompt in asked}), len(asked))
            self.assertEqual(len({prompt["seed"] for prompt in asked}), len(asked))
            for prompt in asked:
                facts = prompt["facts"]
                pairs = {"style": ("subject", "style"), "colour": ("subject", "background")}
                unseen = {name: all(key in facts for key in keys) and held_out(*(facts[key] for key in keys)) for name, keys in pairs.items()}
                expected = {"single": lambda: unseen["style"] or unseen["colour"], "transparent": lambda: unseen["style"],
                            "pair": lambda: held_out(*sorted((facts["subject"], facts["other"]))), "count": lambda: unseen["colour"],
                            "lettering": lambda: facts["letters"] in LETTERS and facts["letters"] in prompt["prompt"],
                            "synonym": lambda: facts["phrase"] in SYNONYMS[facts["subject"]] and facts["phrase"] in prompt["prompt"]}
                self.assertTrue(expected[prompt["group"]](), prompt)

    def test_the_groups_have_their_sizes(self):
        for path in prompts.FOLDER.glob("*.json"):
            asked = [prompt["group"] for prompt in prompts.load(path.stem)]
            self.assertEqual({group: asked.count(group) for group in dict.fromkeys(asked)}, prompts.SIZES)
            quick = [prompt["group"] for prompt in prompts.load(path.stem, quick=True)]
            self.assertEqual({group: 10 * quick.count(group) for group in dict.fromkeys(quick)}, prompts.SIZES)


class MergedLabels(unittest.TestCase):
    def test_merges_apply_where_they_are_listed(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "merges.json"
            path.write_text(json.dumps({"subjects": [{"labels": ["cat", "cat face"]}], "letters": [{"labels": ["O", "0"]}],
                                        "styles": [{"labels": ["flat", "bold"], "subjects": ["heart"]}]}))
            merges = verdict.Merges(path)
        self.assertTrue(merges.same_subject("cat", "cat face") and not merges.same_subject("cat", "dog"))
        self.assertTrue(merges.same_style("flat", "bold", "heart") and not merges.same_style("flat", "bold", "cat"))
        self.assertTrue(merges.same_word("C0T", "COT") and not merges.same_word("CAT", "COT"))

    def test_every_merge_has_a_reason(self):
        for entries in json.loads(verdict.MERGES.read_text()).values():
            for entry in entries:
                self.assertGreater(len(entry["labels"]), 1)
                self.assertTrue(entry["reason"])


if __name__ == "__main__":
    unittest.main()
