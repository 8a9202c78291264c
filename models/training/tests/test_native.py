"""The C++ blocks and Muon against torch. They exist on some processors only; elsewhere torch computes, and these tests say so."""
import copy
import sys
import unittest
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from network import MmJit, quantized  # noqa: E402
from trainer import native  # noqa: E402
from trainer.core import Core  # noqa: E402
from trainer.muon import Muon  # noqa: E402

TOLERANCE = 0.015  # relative error of gradients: bf16 keeps 8 bits, and a gradient passes about 20 products


def net_of(heads, hidden, text_depth=2, depth=3):
    config = {"text": {"vocab": 50, "width": 128, "heads": heads, "mlp_hidden": hidden, "depth": text_depth, "length": 16},
              "network": {"width": 128, "heads": heads, "mlp_hidden": hidden, "depth": depth, "bottleneck": 32, "patch": 8, "channels": 4,
                          "condition": 5}}
    torch.manual_seed(1)
    net = MmJit(config)
    for name, p in net.named_parameters():
        if p.ndim == 1 or name.startswith("final_layer"):
            torch.nn.init.normal_(p, std=0.2)
    return net


def far(a, b):
    return ((a - b).norm() / b.norm()).item()


@unittest.skipUnless(native.available(), "this processor is not one for the extension: torch computes here")
class BlocksTest(unittest.TestCase):
    def compare(self, net, pictures, side):
        """Output and gradients of a network by the extension and by torch in f32; the largest relative error of either."""
        other = copy.deepcopy(net)
        tokens = torch.randint(0, 50, (pictures, 16), generator=torch.Generator().manual_seed(3))
        image, wanted = torch.randn(2, pictures, 4, side, side, generator=torch.Generator().manual_seed(4))
        core = Core(net, compiled=False)
        self.assertTrue(core.native and core.joint.suits((side // 8) ** 2, 16))
        made = core.picture(image, None, core.encode(tokens))
        expected = other(image, None, tokens)
        for picture in (made, expected):
            (picture * wanted).sum().backward()
        errors = {"output": far(made.detach(), expected.detach())}
        for (name, p), q in zip(net.named_parameters(), other.named_parameters()):
            self.assertEqual(p.grad is None, q[1].grad is None, name)
            if p.grad is not None and q[1].grad.norm() > 0:
                errors[name] = far(p.grad, q[1].grad)
        worst = max(errors, key=errors.get)
        self.assertLess(errors[worst], TOLERANCE, worst)

    def test_output_and_gradients_are_torchs(self):
        self.compare(net_of(heads=2, hidden=176), pictures=10, side=64)  # an incomplete tile; hidden is an odd number of sixteens

    def test_other_shapes(self):
        self.compare(net_of(heads=4, hidden=96, text_depth=1, depth=1), pictures=1, side=32)
        self.compare(net_of(heads=1, hidden=64, text_depth=1, depth=2), pictures=9, side=32)

    def test_weights_that_are_made_of_others_are_read_anew(self):
        net = net_of(heads=2, hidden=96, text_depth=1, depth=2)
        core = Core(net, compiled=False)
        quantized.simulate(net)
        image, tokens = torch.randn(2, 4, 32, 32, generator=torch.Generator().manual_seed(5)), torch.ones(2, 16, dtype=torch.long)
        made, expected = core.picture(image, None, core.encode(tokens)), net(image, None, tokens)
        self.assertLess(far(made.detach(), expected.detach()), TOLERANCE)
        weight = net.double_blocks[0].img_mlp.w2.parametrizations.weight.original
        ours, theirs = (torch.autograd.grad(picture.square().sum(), weight)[0] for picture in (made, expected))
        self.assertLess(far(ours, theirs), TOLERANCE)
        weight.data.mul_(-1)
        self.assertGreater(far(core.picture(image, None, core.encode(tokens)).detach(), made.detach()), 0.05)

    def test_a_second_pass_before_the_gradients_is_refused(self):
        core = Core(net_of(heads=2, hidden=64, text_depth=1, depth=1), compiled=False)
        image, tokens = torch.randn(2, 4, 32, 32), torch.ones(2, 16, dtype=torch.long)
        first = core.picture(image, None, core.encode(tokens))
        with torch.no_grad():
            core.picture(image, None, core.net.encode_text(tokens))
        with self.assertRaisesRegex(AssertionError, "another forward pass"):
            first.sum().backward()

    def test_shapes_beyond_the_limits_are_left_to_torch(self):
        net = net_of(heads=2, hidden=72)
        self.assertFalse(Core(net, compiled=False).joint.suits(64, 16))
        self.assertFalse(Core(net_of(heads=2, hidden=96), compiled=False).joint.suits(36, 16))


@unittest.skipUnless(native.available(), "this processor is not one for the extension: torch computes here")
class MuonTest(unittest.TestCase):
    def test_steps_are_torchs(self):
        torch.manual_seed(0)
        shapes = [(96, 32), (64, 32), (32, 80), (48, 48)]
        ours = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
        theirs = [torch.nn.Parameter(p.detach().clone()) for p in ours]
        start = [p.detach().clone() for p in ours]
        pair = [Muon(params, lr=0.1, parts={params[0]: 3}) for params in (ours, theirs)]
        pair[1].native = False
        for _ in range(3):
            for p, q in zip(ours, theirs):
                p.grad = torch.randn_like(p)
                q.grad = p.grad.clone()
            for optimizer in pair:
                optimizer.step()
        for p, q, before in zip(ours, theirs, start):
            self.assertLess(far(p - before, q - before), 0.02)
        for p, q in zip(ours, theirs):
            for a, b in zip(pair[0].state[p].values(), pair[1].state[q].values()):
                self.assertTrue(torch.allclose(a, b, atol=1e-6))


if __name__ == "__main__":
    unittest.main()
