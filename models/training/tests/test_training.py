"""Training and distilling at toy size on a few committed drawings."""
import contextlib
import copy
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from distil import distil  # noqa: E402
from network import MmJit  # noqa: E402
from network.mmjit import TEXT_ENCODER  # noqa: E402
from scenes import open_world  # noqa: E402
from trainer import checkpoint, loop  # noqa: E402
from trainer.averages import EVERY, Averages  # noqa: E402
from trainer.distilling import Distilling, carry_over  # noqa: E402
from trainer.exam import Exam, hue_errors, seams, shifted_distance  # noqa: E402
from trainer.feature_loss import FeatureLoss  # noqa: E402
from trainer.hardness import Hardness  # noqa: E402
from trainer.loop import Limit, falling, train  # noqa: E402
from trainer.presets import changed, preset  # noqa: E402
from trainer.run import Run, names_of  # noqa: E402

TOKENIZER = HERE.parents[1] / "tests" / "fixtures" / "tokenizer" / "tokenizer.json"


def tiny():
    config = copy.deepcopy(preset("toy"))
    config["network"].update(width=64, heads=1, mlp_hidden=88, bottleneck=16)
    config["text"].update(vocab=420, width=64, heads=1, mlp_hidden=88, length=12)
    config["data"], config["picture"]["side"] = {}, 32
    config["training"].update(batch=8, editing=0.5)
    config["few"].update(batch=8)
    return config


class Training(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.folder = tempfile.TemporaryDirectory()
        cls.base = Path(cls.folder.name)
        cls.config = tiny()
        text = cls.base / "text"
        text.mkdir()
        (text / "tokenizer.json").write_bytes(TOKENIZER.read_bytes())
        torch.manual_seed(3)
        weights = MmJit(cls.config).state_dict()
        encoder = {name: value for name, value in weights.items() if name.startswith(TEXT_ENCODER)}
        checkpoint.save_file(encoder, text / "encoder.safetensors")
        cls.text = text
        cls.world, cls.sprites = open_world(cls.config, HERE / "fixtures" / "drawings.jsonl", cls.base / "pixels", 1)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_of(self, name, steps, config=None, **options):
        with contextlib.redirect_stdout(io.StringIO()):
            run = Run(self.base / name, copy.deepcopy(config or self.config), names_of(self.world), self.text)
            train(run, self.world, self.sprites, Limit(steps=steps), compiled=False, log_every=2, **options)
        return run

    def assert_equal_weights(self, one, other):
        for (name, a), b in zip(one.state_dict().items(), other.state_dict().values(), strict=True):
            self.assertTrue(torch.equal(a, b), name)

    def test_an_interrupted_run_resumes_exactly(self):
        whole = self.run_of("whole", 6)
        self.run_of("broken", 2)
        broken = self.run_of("broken", 4)
        self.assertEqual((broken.progress["step"], broken.progress["seen"]), (6, 48))
        self.assert_equal_weights(whole.net, broken.net)
        for name, net in whole.averages.nets.items():
            self.assert_equal_weights(net, broken.averages.nets[name])

    def test_a_stopped_run_saves_and_its_stage_goes_on_counting(self):
        asked = iter((False, False, False, True))
        run = self.run_of("stopped", 6, stop=lambda: next(asked))
        self.assertEqual(run.progress["step"], 3)
        again = Run(self.base / "stopped", copy.deepcopy(self.config), names_of(self.world))
        self.assertEqual(again.progress["step"], 3)
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertTrue(train(again, self.world, self.sprites, Limit(steps=5), origin={"step": 0, "seen": 0, "seconds": 0}, compiled=False))
        self.assertEqual(again.progress["step"], 5)

    def test_a_save_that_is_killed_leaves_the_one_before(self):
        run = self.run_of("killed", 2)
        before = (run.folder / "state.pt").read_bytes()
        run.progress["step"] = 99
        with mock.patch("torch.save", lambda state, path: Path(path).write_bytes(b"half") and (_ for _ in ()).throw(KeyboardInterrupt)):
            self.assertRaises(KeyboardInterrupt, run.keep)
        self.assertEqual((run.folder / "state.pt").read_bytes(), before)
        self.assertEqual(Run(run.folder, copy.deepcopy(self.config), names_of(self.world)).progress["step"], 2)

    def test_hard_drawings_are_drawn_more_often_after_a_restart_too(self):
        with contextlib.redirect_stdout(io.StringIO()):
            run = Run(self.base / "watched", copy.deepcopy(self.config), names_of(self.world), self.text)
            run.watch(len(self.world.rows))
            train(run, self.world, self.sprites, Limit(steps=4), compiled=False)
        self.assertGreater(run.hardness.ratio.std(), 0)
        again = Run(run.folder, copy.deepcopy(self.config), names_of(self.world))
        again.watch(len(self.world.rows))
        self.assertTrue(torch.equal(again.hardness.ratio, run.hardness.ratio))
        with mock.patch.object(self.world, "reweigh") as reweigh, contextlib.redirect_stdout(io.StringIO()):
            train(again, self.world, self.sprites, Limit(steps=1), compiled=False)
        self.assertEqual(reweigh.call_args[0][0], run.hardness.factors(self.world.rows))

    def test_worker_processes_draw_the_same_batches(self):
        alone, helped = self.run_of("alone", 3), self.run_of("helped", 3, workers=2)
        self.assert_equal_weights(alone.net, helped.net)

    def test_training_reduces_the_loss(self):
        run = self.run_of("learns", 60)
        rows = [json.loads(line) for line in (run.folder / "log.jsonl").read_text().splitlines()]
        self.assertLess(rows[-1]["loss"], 0.8 * rows[0]["loss"])
        run.draw_sheet(steps=2)
        self.assertTrue(list(run.folder.glob("sheet-*.png")) and (run.folder / "log.png").exists())

    def test_the_text_encoder_is_trained_if_the_preset_says_so(self):
        for trained in (False, True):
            config = changed(self.config, {"training": {"text": trained}})
            fresh = Run(self.base / f"fresh-{trained}", copy.deepcopy(config), names_of(self.world), self.text).net.state_dict()
            run = self.run_of(f"text-{trained}", 2, config)
            for name in ("txt_embedder.weight", "txt_preamble_blocks.0.mlp.w1.weight"):
                self.assertEqual(torch.equal(run.net.state_dict()[name], fresh[name]), not trained, name)

    def test_training_continues_from_published_weights(self):
        first = self.run_of("published", 2)
        second = Run(self.base / "again", copy.deepcopy(self.config), names_of(self.world), init=first.folder)
        weight = "double_blocks.0.img_qkv.weight"
        self.assertTrue(torch.allclose(second.net.state_dict()[weight], first.best().state_dict()[weight], atol=1e-3))
        self.assertEqual(second.tokenizer.names, first.tokenizer.names)

    def test_names_that_come_later_get_rows_and_change_no_others(self):
        run = self.run_of("later", 2)
        more = names_of(self.world) | {"wombat": ["wombat"]}
        again = Run(run.folder, copy.deepcopy(self.config), more)
        old = len(run.net.txt_embedder.weight)
        self.assertEqual(len(again.net.txt_embedder.weight), old + 5)
        self.assertTrue(torch.equal(again.net.txt_embedder.weight[:old], run.net.txt_embedder.weight))
        self.assertEqual(again.tokenizer.names["wombat"], [old + 4, old, old + 1, old + 2, old + 3])
        moments = again.optimizers.members[-1].state_dict()["state"][0]["exp_avg"]
        self.assertEqual((len(moments), moments[old:].abs().max().item()), (old + 5, 0))

    def test_a_text_encoder_of_another_shape_is_refused(self):
        other = changed(self.config, {"text": {"mlp_hidden": 96}})
        with self.assertRaisesRegex(SystemExit, "text encoder"):
            Run(self.base / "other", copy.deepcopy(other), names_of(self.world), self.text)
        with self.assertRaisesRegex(SystemExit, "neither"):
            (self.base / "bare").mkdir()
            (self.base / "bare" / "tokenizer.json").write_bytes(TOKENIZER.read_bytes())
            Run(self.base / "other", copy.deepcopy(self.config), names_of(self.world), self.base / "bare")

    def test_the_exam_chooses_the_better_average(self):
        run = self.run_of("examined", 2)
        exam = Exam(self.world, self.sprites, run.config, count=16)
        run.averages.nets["slow"].final_layer.linear.bias.data.fill_(3.0)
        row = exam.take(run)
        self.assertEqual((row["better"], run.better), ("fast", "fast"))
        self.assertGreater(row["slow"]["mse"]["0.5"], row["fast"]["mse"]["0.5"] + 1)
        self.assertEqual(json.loads((run.folder / "exam.jsonl").read_text())["step"], 2)
        self.assertFalse(exam.due(run.progress["seconds"]) or exam.due(exam.last + 1))
        self.assertTrue(exam.due(exam.last + 1800))

    def task(self, run, **options):
        return Distilling(run.folder, compiled=False, **options)

    def distil(self, task, steps):
        with contextlib.redirect_stdout(io.StringIO()):
            return distil(task, self.world, self.sprites, Limit(steps=steps))

    def test_an_interrupted_distillation_resumes_exactly(self):
        run = self.run_of("distilled-on", 2)
        whole = self.task(run, q4=True)
        self.assertTrue(self.distil(whole, 10))
        expected = checkpoint.load_file(whole.folder / "model.safetensors")
        for name in ("state.pt", "model.safetensors"):
            (whole.folder / name).unlink()
        asked = iter([False] * 7 + [True])  # after the weights have become 4-bit ones
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertFalse(distil(self.task(run, q4=True), self.world, self.sprites, Limit(steps=10), stop=lambda: next(asked)))
        second = self.task(run, q4=True)
        self.assertEqual((second.number, second.simulated), (7, True))
        self.assertTrue(self.distil(second, 10))
        found = checkpoint.load_file(second.folder / "model.safetensors")
        for name, value in expected.items():
            self.assertTrue(torch.equal(value, found[name]), name)
        self.assertEqual(checkpoint.described(second.folder / "model.safetensors")["steps"], "10")

    def test_a_distillation_delta_is_added_to_a_later_teacher(self):
        net = self.run_of("carried", 2).net
        before = {name: torch.randn_like(value) for name, value in net.state_dict().items()}
        few = {name: value + 1 for name, value in before.items()}
        own = {name: value.clone() for name, value in net.state_dict().items()}
        carry_over(net, few, before)
        for name, value in net.state_dict().items():
            learnt = 0.0 if name.startswith(TEXT_ENCODER) else 1.0
            self.assertTrue(torch.allclose(value, own[name] + learnt, atol=1e-5), name)
        for other in ({}, few | {"final_layer.linear.weight": torch.zeros(1, 1)}):
            self.assertRaises(SystemExit, carry_over, net, other, before)

    def test_distilling_writes_four_bit_weights(self):
        from network.quantized import q4
        run = self.run_of("distilled", 2)
        task = self.task(run, q4=True)
        self.distil(task, 10)
        weights = checkpoint.load_file(task.folder / "model.safetensors")
        self.assertEqual(set(weights), set(run.net.state_dict()))
        for name in ("double_blocks.0.img_qkv.weight", "txt_preamble_blocks.0.qkv.weight"):
            self.assertTrue(torch.equal(q4(weights[name]), weights[name]), name)
        self.assertFalse(torch.equal(weights["double_blocks.0.img_qkv.bias"], run.best().state_dict()["double_blocks.0.img_qkv.bias"]))
        self.assertTrue((task.folder / "sheet.png").exists())

    def test_batches_from_data_need_no_teacher(self):
        task = self.task(self.run_of("unasked", 2))
        lesson = next(iter(loop.Lessons(loop.Bank(self.sprites), loop.feed(loop.Batches(
            self.world, task.folder.parent / "tokenizer.json", task.config, seed=2, batch=8, contrasted=True), 0, 0), task.device)))
        task.teach.picture = mock.Mock(side_effect=AssertionError("asked"))
        task.number = 1
        task.step(lesson, 0.0)
        for number in (0, 5):  # from noise, and on the student's way
            task.number = number
            with self.assertRaisesRegex(AssertionError, "asked"):
                task.step(lesson, 0.0)


class Features(unittest.TestCase):
    def test_its_gradient_has_the_given_share_and_only_late_times_have_it(self):
        rows = torch.rand(3, 4, 8, 8) * 2 - 1
        clean, slope, t = torch.rand(3, 4, 8, 8) * 2 - 1, torch.randn(3, 4, 8, 8), torch.tensor([0.2, 0.5, 0.9]).view(3, 1, 1, 1)
        loss = FeatureLoss(0.2, torch.device("cpu"), features=lambda pictures: [pictures.diff(dim=-1)])
        added = loss(clean, rows, t, slope)
        self.assertAlmostEqual((added.norm() / slope.norm()).item(), 0.2, places=4)
        self.assertEqual(added[0].abs().max(), 0)
        nearer = clean - 0.1 * added
        distance = lambda pictures: (pictures - rows)[1:].diff(dim=-1).square().sum()
        self.assertLess(distance(nearer), distance(clean))
        self.assertEqual(loss(clean, rows, t * 0, slope).abs().max(), 0)


class Harder(unittest.TestCase):
    def test_a_drawing_with_larger_errors_than_others_of_its_time_is_drawn_more_often(self):
        hardness, generator = Hardness(30), torch.Generator().manual_seed(0)
        for _ in range(60):
            drawing, t = torch.randint(0, 30, (64,), generator=generator), torch.rand(64, generator=generator) * 0.5
            error = (0.5 - t) ** 2 * torch.where(drawing == 3, 4.0, 1.0)
            hardness.note(drawing, t, torch.where(t > 0.3, 1e6, error))  # late times do not count
        rows = [{"look": "3d", "subject": str(i)} for i in range(30)]
        factors = hardness.factors(rows)["3d"]
        self.assertTrue(1.6 < factors.pop("3") < 2.3)
        self.assertTrue(all(0.8 < factor < 1.2 for factor in factors.values()))

    def test_factors_are_limited_and_kept(self):
        hardness = Hardness(3)
        hardness.ratio = torch.tensor([0.001, 1.0, 1000.0])
        again, other = Hardness(3), Hardness(4)
        again.load_state_dict(hardness.state_dict())
        other.load_state_dict(hardness.state_dict())
        rows = [{"look": "flat", "subject": str(i)} for i in range(4)]
        self.assertEqual(list(again.factors(rows)["flat"].values()), [0.5, 1.0, 3.0])
        self.assertEqual(set(other.factors(rows)["flat"].values()), {1.0})


class Limits(unittest.TestCase):
    def test_the_first_limit_ends_it(self):
        self.assertEqual(Limit(minutes=10, pictures=100).share(60, 50, 9), 0.5)
        self.assertEqual(Limit(steps=4).share(1e9, 1e9, 4), 1)
        self.assertEqual(Limit().share(1e9, 1e9, 1e9), 0)

    def test_the_rate_falls_in_the_last_share_only(self):
        self.assertEqual([falling(share, 0.0) for share in (0, 1, 2)], [1, 1, 1])
        self.assertEqual([round(falling(share, 0.2), 9) for share in (0, 0.8, 1, 1.5)], [1, 1, 0, 0])
        self.assertAlmostEqual(falling(0.85, 0.2), 0.5)


class Average(unittest.TestCase):
    def test_it_is_the_mean_of_the_last_steps(self):
        net = torch.nn.Linear(1, 1, bias=False)
        averages = Averages(net, {"short": 0.9, "long": 0.999})
        for step in range(0, 400):
            net.weight.data.fill_(step)
            averages.update(step)
        short, long = (averages.nets[name].weight.item() for name in ("short", "long"))
        self.assertAlmostEqual(399 - short, 10, delta=EVERY)
        self.assertTrue(330 < long < 370, long)  # a tenth of the way so far, not a thousand steps


class Measures(unittest.TestCase):
    def test_the_best_shift_counts(self):
        drawing = torch.full((1, 4, 32, 32), -1.0)
        drawing[..., 10:20, 8:18] = 1.0
        self.assertEqual(shifted_distance(drawing.roll((2, -3), (-1, -2)), drawing).item(), 0)
        self.assertGreater(shifted_distance(drawing.roll(6, -1), drawing).item(), 0.1)

    def test_a_slope_at_every_patch_is_a_seam(self):
        smooth = torch.linspace(-1, 1, 32).expand(1, 1, 32, 32)
        self.assertAlmostEqual(seams(smooth + smooth.mT, 8), 1.0, places=4)
        steps = (torch.arange(32) // 8 % 2 * 0.1).expand(1, 1, 32, 32)
        self.assertGreater(seams(smooth + smooth.mT + steps + steps.mT, 8), 1.5)

    def test_hues_are_compared_within_the_body(self):
        body = torch.zeros(1, 16, 16, dtype=torch.bool)
        body[:, 4:12, 4:14] = True
        colour = lambda rgb: torch.tensor([*rgb, 1.0]).view(1, 4, 1, 1).expand(1, 4, 16, 16) * 2 - 1
        red, blue = colour((1.0, 0.0, 0.0)), colour((0.0, 0.0, 1.0))
        self.assertEqual(hue_errors(red, red, body), 0)
        self.assertGreater(hue_errors(blue, red, body), 90)
        self.assertIsNone(hue_errors(blue, colour((0.5, 0.5, 0.5)), body))
        self.assertEqual(hue_errors(torch.where(body[:, None], red, blue), red, body), 0)


if __name__ == "__main__":
    unittest.main()
