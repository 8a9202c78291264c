"""The network, its sampler and its quantized weights, against the references that the engine is tested with."""
import json
import sys
import unittest
from pathlib import Path
from unittest import mock

import torch
from safetensors import safe_open

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from network import MmJit, editing, package, quantized  # noqa: E402
from network.objective import WEIGHT_MAX, noisy, times, velocity_loss, weighed  # noqa: E402
from network.sampling import advance, exported, guided, sample, time_grid  # noqa: E402
from trainer import few  # noqa: E402
from trainer.muon import Muon, orthogonal  # noqa: E402
from trainer.presets import preset  # noqa: E402
from trainer.table_adam import TableAdam  # noqa: E402

FIXTURES = HERE.parents[1] / "tests" / "fixtures"


def reference(name):
    """Network, inputs and outputs of one of the engine's parity fixtures."""
    with safe_open(FIXTURES / f"{name}.safetensors", "pt") as file:
        c = json.loads(file.metadata()["config"])
        tensors = {key: file.get_tensor(key) for key in file.keys()}
    config = {
        "network": {key: c[key] for key in ("width", "heads", "mlp_hidden", "depth", "bottleneck", "patch", "channels")}
        | {"condition": c.get("condition", 0)},
        "text": {"vocab": c["text"]["vocab"], "width": c["width"], "heads": c["heads"], "mlp_hidden": c["mlp_hidden"],
                 "depth": c["preamble"], "length": c["text_length"]},
    }
    net = MmJit(config)
    net.load_state_dict({key[7:]: value for key, value in tensors.items() if key.startswith("weight.")}, strict=False)
    return net, tensors


class Parity(unittest.TestCase):
    def test_every_reference_is_reproduced(self):
        for name in ("square_rgb", "odd_rgba", "wide_mlp", "conditioned_rgba"):
            net, tensors = reference(name)
            with torch.no_grad():
                txt = net.encode_text(tensors["input.tokens"].long())
                clean = net.picture(tensors["input.image"], tensors.get("input.given"), txt)
            for part, value in (("encoded", txt), ("clean", clean)):
                expected = tensors[f"output.{part}"]
                error = ((value - expected).norm() / expected.norm()).item()
                self.assertLess(error, 1e-5, f"{name}: {part}")

    def test_no_condition_equals_a_condition_of_zeros(self):
        net, tensors = reference("conditioned_rgba")
        image, tokens = tensors["input.image"], tensors["input.tokens"].long()
        with torch.no_grad():
            zeros = torch.zeros_like(tensors["input.given"])
            self.assertTrue(torch.equal(net(image, None, tokens), net(image, zeros, tokens)))
            self.assertFalse(torch.allclose(net(image, None, tokens), net(image, tensors["input.given"], tokens)))


class Sampling(unittest.TestCase):
    def test_a_perfect_prediction_is_reached(self):
        data, x = torch.rand(2, 4, 8, 8), torch.randn(2, 4, 8, 8)
        for now, then in zip(time_grid(7), time_grid(7)[1:]):
            x = advance(x, data, now, then)
        self.assertTrue(torch.allclose(x, data, atol=1e-5))

    def test_exported_pictures_are_those_of_the_engine(self):
        """The pixels of picture/src/export.rs, before their colours are divided by alpha and rounded."""
        cases = [([0.25, 0.5, 0.75, 0.5], [0.25, 0.5, 0.5, 0.5]), ([-0.25, 0, 0.1, 0.5], [0, 0, 0.1, 0.5]),
                 ([2, 1, 0.5, 1.5], [1, 1, 0.5, 1]), ([0.5, 0.5, 0.5, 8 / 255], [0, 0, 0, 0]),
                 ([0, 0, 0, 247.1 / 255], [0, 0, 0, 1]), ([0, 4.5 / 255, 0.5, 9 / 255], [0, 0.5 / 239, 1 / 239, 1 / 239])]
        for planes, expected in cases:
            found = exported(torch.tensor(planes).float().view(1, 4, 1, 1) * 2 - 1).flatten().tolist()
            for a, b in zip(found, expected):
                self.assertAlmostEqual(a, b, places=5, msg=f"{planes}: {found}")

    def test_guidance_extrapolates_beyond_the_text(self):
        foresee = lambda x, condition, txt: txt.mean((1, 2)).view(-1, 1, 1, 1).expand(len(x), 1, 2, 2)
        txt, empty = torch.ones(1, 3, 5), torch.zeros(1, 3, 5)
        clean = guided(foresee, torch.zeros(1, 1, 2, 2), None, txt, empty, 3.0)
        self.assertTrue(torch.allclose(clean, torch.full((1, 1, 2, 2), 3.0)))

    def test_contrast_moves_away_from_the_other_text_only(self):
        foresee = lambda x, condition, txt: x + txt[:, :1, :1, None]
        x = torch.zeros(2, 1, 3, 3)
        text = lambda value: torch.full((2, 1, 1), value)
        told = lambda **led: guided(foresee, x, None, text(2.0), text(0.0), **led).mean().item()
        self.assertAlmostEqual(told(scale=1, against=text(1.5), contrast=3.0), 2 + 3 * 0.5)
        self.assertAlmostEqual(told(scale=2.5, against=text(1.5), contrast=3.0), 2 + 1.5 * 2 + 3 * 0.5)
        self.assertAlmostEqual(told(scale=2.5, against=text(2.0), contrast=3.0), told(scale=2.5))

    def test_half_of_the_exchangeable_rows_are_exchanged(self):
        tokens, against = torch.zeros(400, 3), torch.ones(400, 3)
        asked, other = few.exchange(tokens, against, 100, torch.Generator().manual_seed(1))
        self.assertTrue(torch.equal(asked + other, torch.ones(400, 3)))
        self.assertEqual(asked[:100].sum(), 0)
        self.assertAlmostEqual(asked[100:].mean().item(), 0.5, delta=0.1)

    def test_batches_do_not_change_samples(self):
        net = MmJit(preset("toy"))
        torch.nn.init.normal_(net.final_layer.linear.weight, std=0.02)
        tokens = torch.randint(0, 1000, (3, 16))
        once, twice = (sample(net, tokens, (64, 48), steps=2, batch=size) for size in (3, 2))
        self.assertTrue(torch.allclose(once, twice, atol=1e-4))

    def test_the_aim_leads_to_the_teachers_point(self):
        x, reached = torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8)
        for now, then in zip(time_grid(4), time_grid(4)[1:]):
            self.assertTrue(torch.allclose(advance(x, few.aim(x, reached, now, then), now, then), reached, atol=1e-4))

    def test_every_step_is_trained_from_data_and_from_the_students_path(self):
        seen = {few.segment(number, time_grid(4))[1:] for number in range(8)}
        self.assertEqual(seen, {(0.25, "noise"), *((end, kind) for end in (0.5, 0.75, 1.0) for kind in ("data", "own"))})
        self.assertEqual(few.segment(3, [0.0, 0.3, 1.0]), ([0.0, 0.3], 1.0, "own"))


class Objective(unittest.TestCase):
    def test_noise_and_data_mix(self):
        data = torch.full((1, 1, 64, 64), 0.5)
        generator = torch.Generator().manual_seed(0)
        self.assertTrue(torch.equal(noisy(data, 1.0, 2.0, generator), data))
        self.assertAlmostEqual(noisy(data, 0.0, 2.0, generator).std().item(), 2.0, delta=0.1)

    def test_the_loss_equals_that_of_velocity(self):
        data, t = torch.zeros(1, 1, 2, 2), torch.full((1, 1, 1, 1), 0.5)
        self.assertAlmostEqual(velocity_loss(torch.full_like(data, 0.1), data, t).item(), (0.1 / 0.5) ** 2, places=6)

    def test_gradients_count_if_requested(self):
        flat, stripes = torch.ones(1, 1, 4, 4), torch.tensor([1.0, -1.0]).repeat(2).expand(1, 1, 4, 4)
        self.assertEqual(weighed(flat), weighed(stripes))
        self.assertEqual(weighed(flat, None, 0.5), 1)
        self.assertEqual(weighed(stripes, None, 0.5), 1 + 0.5 * 4)

    def test_pixels_count_by_their_weight(self):
        error, weight = torch.zeros(1, 2, 4, 4), torch.full((1, 1, 4, 4), 0.1)
        error[..., 1, 1], weight[..., 1, 1] = 1.0, 2.0
        self.assertAlmostEqual(weighed(error, weight).item(), 2 / 16, places=6)
        self.assertAlmostEqual(weighed(error, torch.ones_like(weight), 0.5).item(), weighed(error, None, 0.5).item(), places=6)

    def test_errors_near_the_end_are_limited(self):
        data, t = torch.zeros(1, 1, 2, 2), torch.full((1, 1, 1, 1), 0.99)
        self.assertAlmostEqual(velocity_loss(torch.full_like(data, 0.1), data, t).item(), (0.1 * WEIGHT_MAX) ** 2, places=5)

    def test_times_are_of_a_mixture(self):
        mixture = {"start": 0.1, "uniform": 0.2, "mean": -0.6, "deviation": 1.1}
        t = times(20000, mixture, torch.Generator().manual_seed(0), "cpu").flatten()
        self.assertTrue(((t >= 0) & (t < 1)).all())
        self.assertAlmostEqual((t == 0).float().mean().item(), 0.1, delta=0.01)
        # Above .95 lie a twentieth of the uniform ones, and hardly any of the others.
        self.assertAlmostEqual((t > 0.95).float().mean().item(), 0.2 * 0.05 + 0.7 * 0.0006, delta=0.003)
        plain = times(20000, mixture | {"start": 0, "uniform": 0}, torch.Generator().manual_seed(0), "cpu")
        self.assertAlmostEqual(plain.median().item(), 0.354, delta=0.01)


class Editing(unittest.TestCase):
    def test_the_known_picture_is_zero_where_it_is_unknown(self):
        known, mask = torch.full((1, 4, 2, 2), 0.25), torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]])
        given = editing.condition(known, mask)
        self.assertTrue(torch.equal(given[:, :1], mask))
        self.assertEqual(given[0, 1].tolist(), [[0.25, 0.0], [0.0, 0.25]])

    def test_errors_count_little_where_the_picture_is_known_and_double_beside_it(self):
        mask = torch.zeros(3, 1, 1, 8)
        mask[0, ..., :3], mask[2] = 1, -1
        weight = editing.error_weight(mask)
        self.assertEqual([round(w, 3) for w in weight[0].flatten().tolist()], [0.1, 0.1, 0.1, 2, 2, 1, 1, 1])
        self.assertTrue((weight[1:] == 1).all())


class Quantized(unittest.TestCase):
    def test_blocks_equal_the_packages(self):
        # The largest magnitude is -8, so the scale is 1 and every value is an integer, as in the package's own test.
        block = torch.tensor([[float(i % 16 - 8) for i in range(32)]])
        self.assertTrue(torch.equal(quantized.q4(block), block))

    def test_quantizing_twice_changes_nothing(self):
        weight = torch.randn(7, 70) * 0.02
        once = quantized.q4(weight)
        self.assertTrue(torch.equal(quantized.q4(once), once))
        self.assertLess(((once - weight).norm() / weight.norm()).item(), 0.12)
        self.assertTrue(torch.equal(quantized.q4(torch.zeros(2, 32)), torch.zeros(2, 32)))

    def test_gradients_pass_through_quantized_weights(self):
        net = MmJit(preset("toy"))
        parameters = [id(p) for p in net.double_blocks.parameters()]
        quantized.simulate(net)
        self.assertEqual(sorted(parameters), sorted(id(p) for p in net.double_blocks.parameters()))
        torch.nn.init.normal_(net.final_layer.linear.weight, std=0.02)
        net(torch.randn(1, 4, 64, 64), None, torch.ones(1, 24, dtype=torch.long)).square().mean().backward()
        self.assertGreater(net.double_blocks[0].img_qkv.parametrizations.weight.original.grad.abs().sum().item(), 0)
        quantized.settle(net)
        weight = net.double_blocks[0].img_qkv.weight
        self.assertTrue(torch.equal(quantized.q4(weight), weight))


class Package(unittest.TestCase):
    def test_blocks_are_consecutive_and_the_last_is_padded(self):
        # Two rows of 33 columns, stored as [block][row] (models/package/FORMAT.md).
        values = torch.arange(66).reshape(2, 33) - 33
        stored = torch.zeros(2, 2, 32, dtype=torch.int8)
        stored[0], stored[1, :, 0] = values[:, :32], values[:, 32]
        scales = torch.tensor([[0.5, 2.0], [1.0, -1.0]], dtype=torch.float16)
        found = package.dense(stored.view(torch.uint8), scales, {"shape": [2, 33], "format": "q8", "layout": "blocks"})
        expected = values.float() * torch.tensor([[0.5], [2.0]])
        expected[:, 32] = values[:, 32] * torch.tensor([1.0, -1.0])
        self.assertTrue(torch.equal(found, expected))

    def test_the_low_half_of_a_byte_comes_first(self):
        stored = torch.full((1, 1, 16), 0x88, dtype=torch.uint8)
        stored[0, 0, 0] = 0xF1  # 1 - 8, 15 - 8
        found = package.dense(stored, torch.ones(1, 1, dtype=torch.float16), {"shape": [1, 32], "format": "q4", "layout": "blocks"})
        self.assertEqual(found[0, :3].tolist(), [-7.0, 7.0, 0.0])

    def test_the_shipped_package_is_read_completely(self):
        folder = Path(__file__).parents[2] / "weights" / "image2-mini"
        found, config = package.weights(folder), package.described(folder)["denoiser"]["config"]
        sizes = config | {"vocab": config["text"]["vocab"], "length": config["text_length"]}
        net = MmJit({"network": sizes, "text": sizes | {"depth": config["preamble"]}})
        net.load_state_dict(found)  # the network's names and shapes, no others
        self.assertTrue(all(value.isfinite().all() for value in found.values()))


class Optimizer(unittest.TestCase):
    def test_updates_are_nearly_orthogonal(self):
        for shape in ((3, 64, 32), (2, 32, 96)):
            values = torch.linalg.svdvals(orthogonal(torch.randn(shape)).float())
            self.assertTrue(((values > 0.6) & (values < 1.35)).all())

    def test_updates_agree_with_torchs_muon(self):
        torch.manual_seed(0)
        ours, theirs = (torch.nn.Parameter(torch.zeros(48, 32)) for _ in range(2))
        optimizers = [Muon([ours], lr=0.1), torch.optim.Muon([theirs], lr=0.1, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")]
        for _ in range(3):
            grad = torch.randn(48, 32)
            with mock.patch("trainer.muon.POLYNOMIALS", ((3.4445, -4.7750, 2.0315),) * 5):  # torch's
                for p, optimizer in zip((ours, theirs), optimizers):
                    p.grad = grad.clone()
                    optimizer.step()
        error = (ours - theirs).norm() / theirs.norm()
        self.assertLess(error.item(), 0.03)  # both compute in bf16

    def test_every_row_of_a_table_has_its_rate(self):
        table = torch.nn.Parameter(torch.zeros(3, 8))
        optimizer = TableAdam(table, torch.tensor([1.0, 3.0, 0.0]), lr=0.01)
        reference = torch.nn.Parameter(torch.zeros(8))
        adam = torch.optim.Adam([reference], lr=0.01, betas=(0.9, 0.999))
        for _ in range(5):
            reference.grad = torch.randn(8)
            table.grad = reference.grad.expand(3, 8).clone()
            optimizer.step(), adam.step()
        for row, times in zip(table, (1, 3, 0)):
            self.assertTrue(torch.allclose(row, times * reference, atol=1e-6))


if __name__ == "__main__":
    unittest.main()
