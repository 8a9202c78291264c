"""The upscaler: its network against independent computations, its objective, inputs, measures and resumption."""
import json
import os
import random
import signal
import struct
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from upscaler import Srvgg, finish, fixture, measures, ncnn, objective, pairs, renders, rivals, rounding, train  # noqa: E402
from upscaler.srvgg import settle, with_alpha  # noqa: E402

TEACHER = fixture.random({"channels": 3, "width": 4, "depth": 1, "scale": 4}, 10).requires_grad_(False)
NCNN = HERE / "fixtures" / "upscaler"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 16"><rect width="32" height="16" fill="#08f"/></svg>'


def by_hand(weights, x, scale):
    """The network as sums over taps in 64-bit numpy. x [C, H, W]."""
    y, last = x.astype(np.float64), max(int(name.split(".")[1]) for name in weights)
    for k in range(0, last + 1, 2):
        kernel, bias = (weights[f"body.{k}.{part}"].astype(np.float64) for part in ("weight", "bias"))
        framed = np.pad(y, ((0, 0), (1, 1), (1, 1)))
        y = bias[:, None, None] + sum(np.einsum("oi,ihw->ohw", kernel[:, :, dy, dx], framed[:, dy : dy + x.shape[1], dx : dx + x.shape[2]])
                                      for dy in range(3) for dx in range(3))
        if k < last:
            slope = weights[f"body.{k + 1}.weight"].astype(np.float64)[:, None, None]
            y = np.where(y > 0, y, slope * y)
    out = np.zeros((x.shape[0], x.shape[1] * scale, x.shape[2] * scale))
    for c, height, width in np.ndindex(*out.shape):
        row = c * scale**2 + height % scale * scale + width % scale
        out[c, height, width] = y[row, height // scale, width // scale] + x[c, height // scale, width // scale]
    return out


class Network(unittest.TestCase):
    def test_it_equals_sums_by_hand(self):
        net = fixture.random({"channels": 4, "width": 6, "depth": 1, "scale": 3}, 5)
        x = torch.rand(4, 3, 5)
        weights = {name: value.numpy() for name, value in net.state_dict().items()}
        with torch.no_grad():
            found = net(x[None])[0].numpy()
        self.assertLess(np.abs(found - by_hand(weights, x.numpy(), 3)).max(), 1e-5)

    def test_names_and_shapes_are_upstreams(self):
        shapes = {name: list(value.shape) for name, value in Srvgg().state_dict().items()}
        self.assertEqual(shapes["body.0.weight"], [64, 4, 3, 3])
        self.assertEqual(shapes["body.33.weight"], [64])
        self.assertEqual(shapes["body.34.weight"], [64, 64, 3, 3])
        self.assertEqual(len(shapes), 18 * 2 + 17)

    def test_rgba_begins_as_the_rgb_network(self):
        rgb = fixture.random({"channels": 3, "width": 8, "depth": 2, "scale": 4}, 6)
        net, x = with_alpha(rgb), torch.rand(2, 4, 6, 5)
        with torch.no_grad():
            both, colours = net(x), rgb(x[:, :3])
        self.assertLess((both[:, :3] - colours).abs().max().item(), 1e-6)
        self.assertTrue(torch.equal(both[:, 3:], x[:, 3:].repeat_interleave(4, 2).repeat_interleave(4, 3)))

    def test_finished_pictures_are_valid(self):
        x = finish(torch.randn(1, 4, 9, 9) * 2)
        self.assertTrue((x >= 0).all() and (x <= 1).all() and (x[:, :3] <= x[:, 3:]).all())
        valid = torch.tensor([0.1, 0.2, 0.3, 0.3]).view(1, 4, 1, 1)
        self.assertTrue(torch.equal(finish(valid), valid))

    def test_what_is_opaque_or_empty_all_around_stays_so(self):
        alpha = torch.tensor([0.0, 0, 0.5, 1, 1, 1]).expand(1, 1, 2, 6)
        small = torch.cat([alpha * 0.3] * 3 + [alpha], 1)
        large = torch.full((1, 4, 8, 24), 0.2)
        settled = settle(large, small)
        self.assertEqual(settled[0, 3, 0, ::4].tolist(), [0, *[torch.tensor(0.2).item()] * 3, 1, 1])
        self.assertEqual(settled[0, 0, 0, 0], 0)
        self.assertTrue(torch.equal(settled[:, :3, :, 4:], large[:, :3, :, 4:]))

    def test_exported_weights_are_read_back(self):
        net = fixture.random(fixture.TINY, 7)
        with tempfile.TemporaryDirectory() as folder:
            train.export(Path(folder) / "u.safetensors", net)
            again = train.load(Path(folder) / "u.safetensors")
        self.assertEqual(again.config, fixture.TINY)
        self.assertTrue(all(torch.equal(value, again.state_dict()[name]) for name, value in net.state_dict().items()))


class Rounding(unittest.TestCase):
    def test_blocks_follow_the_inputs_of_one_tap(self):
        weight = torch.randn(2, 32, 3, 3)
        weight[:, :, 1, 2] *= 1000  # another tap's block has another scale
        error = (rounding.q8(weight) - weight).abs()
        largest = weight.abs().amax(1, keepdim=True)
        self.assertTrue((error <= 0.51 * largest / rounding.LARGEST).all())
        self.assertGreater(error.max().item(), 0)

    def test_integers_up_to_the_largest_stay(self):
        weight = torch.randint(-127, 128, (3, 4, 3, 3)).float()  # 36 columns: the second block is padded
        rows = weight.permute(0, 2, 3, 1).flatten(1)
        rows[:, 0], rows[:, 35] = 127, -127
        weight = rows.view(3, 3, 3, 4).permute(0, 3, 1, 2)
        self.assertTrue(torch.equal(rounding.q8(weight), weight))


class Ncnn(unittest.TestCase):
    data = (NCNN / "odd.bin").read_bytes()

    def test_it_agrees_with_ncnns_runtime(self):
        case = load_file(NCNN / "odd.safetensors")
        with torch.no_grad():
            found = ncnn.read(self.data, **fixture.ODD)(case["input"][None])[0]
        self.assertLess((found - case["output"]).abs().max().item(), 1e-5)

    def test_damaged_files_are_refused(self):
        for name, data in {"cut": self.data[:-1], "longer": self.data + b"\0", "empty": b"", "half a tag": self.data[:2],
                           "another type": struct.pack("<I", 0) + self.data[4:]}.items():
            with self.subTest(name), self.assertRaises(ncnn.FormatError):
                ncnn.read(data, **fixture.ODD)

    def test_committed_references_are_current(self):
        case = load_file(fixture.TESTS / "tiny.safetensors")
        net = Srvgg(**fixture.TINY).double()
        net.load_state_dict({name[7:]: value for name, value in case.items() if name.startswith("weight.")})
        with torch.no_grad():
            enlarged = net(case["input.image"].double())
        self.assertLess((enlarged - case["output.enlarged"]).abs().max().item(), 1e-6)
        self.assertLess((finish(enlarged) - case["output.finished"]).abs().max().item(), 1e-6)


class Objective(unittest.TestCase):
    def test_errors_are_those_of_composites(self):
        picture, truth, colour = torch.rand(2, 4, 3, 3), torch.rand(2, 4, 3, 3), torch.rand(2, 3, 1, 1)
        found = objective.blended(picture - truth, colour)
        for k, ground in enumerate((0.0, 1.0, colour)):
            expected = objective.over(picture, ground) - objective.over(truth, ground)
            self.assertTrue(torch.allclose(found[k], expected, atol=1e-6))
        self.assertTrue(torch.equal(found[3], (picture - truth)[:, 3:].expand(-1, 3, -1, -1)))

    def test_slopes_count_half(self):
        ramp = torch.arange(4.0).expand(1, 1, 4, 4)
        self.assertAlmostEqual(objective.steep(ramp[None]).item(), 1.5 + objective.SLOPES * 1)

    def test_a_teacher_that_agrees_costs_nothing(self):
        teacher = lambda x: x.repeat_interleave(4, 2).repeat_interleave(4, 3)
        small, colour = finish(torch.rand(2, 4, 3, 3)), torch.rand(2, 3, 1, 1)
        agreed = objective.doubted(teacher(small), small, teacher, colour)
        self.assertEqual(agreed.shape, (2,))
        self.assertLess(agreed.max().item(), 1e-5)
        self.assertGreater(objective.doubted(teacher(small) * 0.5, small, teacher, colour).min().item(), 0.01)

    def test_a_teacher_says_colours_within_the_shape_alone(self):
        teacher = lambda x: x.repeat_interleave(4, 2).repeat_interleave(4, 3)
        small, colour = torch.full((1, 4, 3, 6), 0.5), torch.rand(1, 3, 1, 1)
        small[..., 3, :, 2:] = 1  # opaque from the third column, with opaque neighbours from the fourth
        for column, cost in ((1, 0.0), (2, 0.0), (4, 0.01)):
            other = teacher(small)
            other[:, :3, :, 4 * column : 4 * column + 4] *= 0.5
            with self.subTest(column=column):
                self.assertAlmostEqual(min(objective.doubted(other, small, teacher, colour).item(), 0.01), cost, places=6)


class Data(unittest.TestCase):
    def test_renders_of_all_sizes_are_aligned(self):
        frame = renders.raster.frames([{"id": "a", "set": "flat", "subject": "a", "svg": SVG}])[0]
        large, small = (renders.draw({"id": "a", "look": "flat", "svg": SVG, "frame": frame}, side) for side in (256, 64))
        error = np.abs(renders.shrunk(large) * 255 - small)
        self.assertLess(error.max(), 40)  # of resvg's coverage; a shift by a quarter of a pixel gives 64
        self.assertGreater(small[3].max(), 250)

    def test_held_out_subjects_are_in_one_part_only(self):
        rows = [{"look": look, "subject": f"thing {k}"}
                for look in renders.LOOKS for k in range(64)]
        parts = [{row["subject"] for row in renders.choose(rows, 400, held)} for held in (False, True)]
        self.assertFalse(parts[0] & parts[1])
        self.assertEqual(len(parts[0] | parts[1]), 64)
        first = renders.choose(rows, len(renders.LOOKS), False)
        self.assertEqual([row["look"] for row in first], list(renders.LOOKS))

    def test_changes_are_the_same_for_both_pictures(self):
        truth = torch.rand(4, 16, 16)
        for seed in range(20):
            small, large = pairs.changed(torch.nn.functional.avg_pool2d(truth, 4), truth, random.Random(seed))
            self.assertTrue(torch.allclose(torch.nn.functional.avg_pool2d(large, 4), small, atol=1e-6))

    def test_shrunk_is_the_mean_of_squares(self):
        pixels = np.arange(4 * 8 * 8, dtype=np.uint8).reshape(4, 8, 8)
        self.assertAlmostEqual(float(renders.shrunk(pixels)[1, 0, 1]) * 255, pixels[1, :4, 4:].mean(), places=4)


class Measures(unittest.TestCase):
    def edge(self, width):
        """A white disc on nothing whose edge rises linearly over `width` pixels."""
        y, x = torch.meshgrid(torch.arange(96.0), torch.arange(96.0), indexing="ij")
        away = 30 - ((y - 47.5) ** 2 + (x - 47.5) ** 2).sqrt()
        return (away / width + 0.5).clamp(0, 1).expand(4, -1, -1)

    def test_widths_of_known_edges(self):
        truth = self.edge(1)
        for width in (1, 3, 6):
            found = measures.edge_widths(self.edge(width), truth)
            self.assertGreater(len(found), 50)
            self.assertAlmostEqual(found.median().item(), max(0.8 * width, 0.9), delta=0.25)

    def test_rims_are_measured_on_both_grounds(self):
        truth = self.edge(1)
        darker = truth.clone()
        darker[:3] *= torch.where((truth[3] < 0.99), 0.5, 1.0)
        black, white = measures.rim_error(darker, truth)
        self.assertGreater(black, 0.01)
        self.assertAlmostEqual(black, white, places=5)  # alpha is right, so both composites have the same error
        self.assertEqual(measures.rim_error(truth, truth), (0.0, 0.0))
        self.assertIsNone(measures.rim_error(truth, torch.zeros_like(truth)))

    def test_psnr_of_a_known_error(self):
        truth = torch.ones(4, 8, 8)
        picture = truth.clone()
        picture[:3] -= 0.1
        self.assertAlmostEqual(measures.psnr(picture, truth), 20, places=4)

    def test_structure_is_zero_for_equal_pictures_and_grows_with_blur(self):
        truth = self.edge(1)
        self.assertLess(measures.structure_distance(truth, truth), 1e-6)
        self.assertGreater(measures.structure_distance(self.edge(6), truth), measures.structure_distance(self.edge(3), truth))


class Rivals(unittest.TestCase):
    def test_tiles_change_nothing(self):
        net, picture = fixture.random({"channels": 4, "width": 4, "depth": 16, "scale": 4}, 8), torch.rand(4, 300, 270)
        with torch.no_grad():
            whole = net(picture[None])[0]
        self.assertLess((rivals.enlarged(net, picture) - whole).abs().max().item(), 1e-4 * whole.abs().max().item())

    def test_lanczos_keeps_a_plain_picture(self):
        plain = torch.tensor([0.2, 0.4, 0.5, 0.6]).view(4, 1, 1).expand(4, 8, 8)
        self.assertTrue(torch.allclose(rivals.lanczos(plain), plain[:, :1, :1].expand(4, 32, 32), atol=1e-5))


class Training(unittest.TestCase):
    def setUp(self):
        torch.set_num_threads(1)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        rng = np.random.default_rng(1)
        arrays = {f"train-{renders.SIDE}": (3, 4, 256, 256), f"train-{renders.LARGE}": (1, 4, 1024, 1024),
                  "train-cleaned": (3, 2, 4, 64, 64), "train-stepped": (2, 1, 4, 64, 64)}
        for name, shape in arrays.items():
            np.save(self.path / f"{name}.npy", rng.integers(0, 255, shape, np.uint8))
        (self.path / "train.json").write_text(json.dumps([{"id": str(k)} for k in range(3)]))

    def run_of(self):
        torch.manual_seed(9)
        return train.Run(self.path, Srvgg(width=8, depth=1))

    def steps(self, run, count):
        source = pairs.Pairs(self.path, 2)
        for _ in range(count):
            run.step(source[run.progress["step"]], 0.3, run.net, TEACHER)

    def test_a_resumed_run_is_the_same_run(self):
        whole = self.run_of()
        self.steps(whole, 4)
        (self.path / "state.pt").unlink(missing_ok=True)
        part = self.run_of()
        self.steps(part, 2)
        part.keep()
        resumed = train.Run(self.path)
        self.steps(resumed, 2)
        self.assertEqual(resumed.progress["step"], 4)
        for a, b in zip(whole.net.parameters(), resumed.net.parameters()):
            self.assertTrue(torch.equal(a, b))
        for a, b in zip(whole.average.parameters(), resumed.average.parameters()):
            self.assertTrue(torch.equal(a, b))

    def test_training_lowers_the_loss_and_exports(self):
        np.save(self.path / f"train-{renders.SIDE}.npy", np.full((3, 4, 256, 256), 255, np.uint8))
        np.save(self.path / "train-cleaned.npy", np.full((3, 2, 4, 64, 64), 100, np.uint8))
        run, source = self.run_of(), pairs.Pairs(self.path, 2)
        teacher = lambda x: torch.ones(len(x), 3, 256, 256)
        losses = [run.step(source[0], 0.0, run.net, teacher) for _ in range(300)]
        self.assertLess(losses[-1], losses[0] / 2, losses[::20])
        run.keep()
        self.assertEqual(train.load(self.path / "latest.safetensors").config["width"], 8)

    def test_own_pictures_replace_clean_ones(self):
        source = pairs.Pairs(self.path, 2)
        made = train.own(self.run_of().average, source, 0)
        self.assertEqual((made.shape, made.dtype), ((1, 4, 256, 256), np.uint8))
        source.own = made
        weights = torch.cat([source[k][2] for k in range(12)])
        framed = weights[:, 0, 0, 0] == 0
        self.assertTrue(framed.any() and not framed.all())
        self.assertTrue((weights[:, :, 16:-16, 16:-16] == 1).all())

    def test_tensors_move_in_proportion_to_their_size(self):
        run, source = self.run_of(), pairs.Pairs(self.path, 2)
        with torch.no_grad():
            run.net.body[0].weight.mul_(100)
        run = train.Run(self.path, run.net)
        before = {name: p.clone() for name, p in run.net.named_parameters()}
        run.step(source[0], 0.0, run.net, TEACHER)
        moved = {name: ((p - before[name]).square().mean() / before[name].square().mean()).sqrt().item()
                 for name, p in run.net.named_parameters()}
        self.assertLess(max(moved.values()) / min(moved.values()), 1.5, moved)

    def test_a_run_ends_complete_or_stopped(self):
        run = self.run_of()
        quiet = dict(batch=2, compiled=False, note=lambda text: None)
        self.assertFalse(train.train(run, TEACHER, 10, piece=0.002, **quiet))
        self.assertFalse((self.path / "upscaler.safetensors").exists())
        self.assertTrue(train.train(train.Run(self.path), TEACHER, run.progress["seconds"] / 60 + 0.002, **quiet))
        self.assertTrue((self.path / "upscaler.safetensors").exists())
        threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
        self.assertFalse(train.train(train.Run(self.path), TEACHER, 10, **quiet))
        self.addCleanup(signal.signal, signal.SIGTERM, signal.SIG_DFL)

    def test_the_rate_falls_to_zero(self):
        run, source = self.run_of(), pairs.Pairs(self.path, 2)
        run.progress["step"] = 1000
        before = [p.clone() for p in run.net.parameters()]
        run.step(source[0], 1.0, run.net, TEACHER)
        self.assertTrue(all(torch.equal(a, b) for a, b in zip(before, run.net.parameters())))


if __name__ == "__main__":
    unittest.main()
