"""The measures of edits tell right edits from wrong ones, and the twin keeps what is known."""
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from data import drawings, looks, raster  # noqa: E402
from evaluation import edits  # noqa: E402
from evaluation.twin import Twin  # noqa: E402
from network import MmJit  # noqa: E402
from network.sampling import time_grid  # noqa: E402
from scenes import Bank, Sprites, World  # noqa: E402

torch.set_num_threads(1)
FIXTURE = Path(__file__).parent / "fixtures" / "drawings.jsonl"


class Measures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        rows, pixels = raster.rasterize(looks.choose(drawings.load(FIXTURE)), 64, 1, Path(folder.name))
        cls.found = edits.collect(World(rows), Bank(Sprites.of(rows, pixels)), per_kind=6)

    def measure(self, editor):
        return edits.measure(self.found, editor(self.found))

    def test_the_truth_is_right(self):
        values = self.measure(edits.perfect)
        self.assertEqual(values["hole"][0], 0)
        self.assertEqual(values["overlap"][0], 1)
        self.assertAlmostEqual(values["slope"][0], 1)
        self.assertEqual(values["colour"][0], 1)
        self.assertEqual(values["look"][0], 1)
        self.assertEqual(values["inserted"][0], 1)
        self.assertLessEqual(set(values), set(edits.MEASURES))

    def test_copying_what_is_known_is_wrong(self):
        values = self.measure(edits.copy)
        self.assertGreater(values["hole"][0], 0.1)
        self.assertGreater(values["slope"][0], 1.3)
        self.assertLess(values["colour"][0], 0.5)
        self.assertEqual(values["look"][0], 0)
        self.assertLess(values["inserted"][0], 0.5)

    def test_slopes_cross_the_edge_only(self):
        picture, mask = torch.zeros(4, 8, 8), torch.ones(1, 8, 8)
        mask[:, :, :4], picture[:, :, :4] = 0, 1
        self.assertEqual(edits.slopes(picture, mask), (8.0, 8))
        picture[:, 2, 6] = 1  # far from the edge
        self.assertEqual(edits.slopes(picture, mask), (8.0, 8))


class Twins(unittest.TestCase):
    def twin(self):
        torch.manual_seed(0)
        sizes = {"width": 32, "heads": 2, "mlp_hidden": 32, "depth": 1}
        net = MmJit({"network": sizes | {"bottleneck": 16, "patch": 8, "channels": 4, "condition": 5}, "text": sizes | {"vocab": 8}})
        for matrix in net.final_layer.parameters():
            torch.nn.init.normal_(matrix, std=0.5)
        tokenizer = mock.Mock(encode_batch=lambda captions, length: torch.tensor([[len(caption) % 7 + 1] + [0] * (length - 1) for caption in captions]))
        return Twin(net, tokenizer, 4, 32, 1.0, time_grid(2), 1.0)

    def test_known_pixels_are_returned_and_others_are_drawn(self):
        known = torch.rand(3, 4, 32, 32, generator=torch.Generator().manual_seed(1)) * 0.5
        known[:, 3] = 1
        mask = torch.ones(3, 1, 32, 32)
        mask[:, :, 8:20, 8:20] = 0
        made = self.twin().edit(["a", "bb", "ccc"], known, mask, [1, 2, 3])
        kept = (mask > 0).expand_as(known)
        self.assertTrue(torch.equal(made[kept], known[kept]))
        self.assertGreater((made - known)[~kept].abs().mean().item(), 0.01)

    def test_pictures_are_enlarged_and_depend_on_prompt_and_seed(self):
        twin = self.twin()
        one, two, three = twin.pictures([{"prompt": "a", "seed": 1}, {"prompt": "bbb", "seed": 1}, {"prompt": "a", "seed": 2}])
        self.assertEqual(one.shape, (4, 128, 128))
        self.assertFalse(torch.equal(one, two) or torch.equal(one, three))
        self.assertTrue(torch.equal(one, twin.pictures([{"prompt": "a", "seed": 1}])[0]))
        self.assertLessEqual((one[:3] - one[3:]).max().item(), 1e-6)


if __name__ == "__main__":
    unittest.main()
