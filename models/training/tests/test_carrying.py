"""Weights that are grown, wrapped for transfer, and published."""
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import grow  # noqa: E402
import parcel  # noqa: E402
import publish  # noqa: E402
from network import MmJit  # noqa: E402
from network.quantized import q4  # noqa: E402
from text.names import Word  # noqa: E402
from trainer import checkpoint  # noqa: E402

CONFIG = {"text": {"vocab": 40, "width": 64, "heads": 1, "mlp_hidden": 88, "depth": 1, "length": 8},
          "network": {"width": 64, "heads": 1, "mlp_hidden": 88, "depth": 4, "bottleneck": 16, "patch": 8, "channels": 4, "condition": 5}}


def net(depth=4, seed=0):
    torch.manual_seed(seed)
    made = MmJit(CONFIG | {"network": CONFIG["network"] | {"depth": depth}})
    for p in made.parameters():
        torch.nn.init.normal_(p, std=0.1)
    return made


class GrowTest(unittest.TestCase):
    def test_a_deeper_network_computes_the_same_and_can_learn(self):
        small, tokens, image = net(), torch.randint(0, 40, (2, 8)), torch.randn(2, 4, 16, 16)
        for depth in (4, 5, 6, 7):
            deep = net(depth, seed=1)
            deep.load_state_dict(grow.grown(small.state_dict(), depth))
            out = deep(image, None, tokens)
            self.assertTrue(torch.allclose(out, small(image, None, tokens), atol=1e-5), depth)
        out.square().mean().backward()
        new = [at for at, (_, is_new) in enumerate(grow.places(4, 7)) if is_new]
        self.assertTrue(all(deep.double_blocks[at].img_mlp.w2.weight.grad.norm() > 0 for at in new))

    def test_new_blocks_are_spread_and_the_last_stays_the_last(self):
        for before, after in ((8, 12), (8, 8), (8, 15), (3, 4)):
            found = grow.places(before, after)
            self.assertEqual((len(found), found[-1]), (after, (before - 1, False)))
            self.assertEqual([block for block, new in found if not new], list(range(before)))
        self.assertLessEqual(max(sum(new for _, new in grow.places(8, 12)[k : k + 3]) for k in range(10)), 2)
        for after in (7, 16):
            self.assertRaises(SystemExit, grow.places, 8, after)


class ParcelTest(unittest.TestCase):
    def test_a_run_comes_back_in_pieces(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        run, out, back = folder / "run", folder / "out", folder / "back"
        (run / "few").mkdir(parents=True)
        teacher, student = net().state_dict(), net(seed=2).state_dict()
        student["double_blocks.0.img_qkv.weight"] = q4(student["double_blocks.0.img_qkv.weight"])
        checkpoint.publish(run / "model.safetensors", teacher, {"seen": "5"})
        checkpoint.save_file(student, run / "few" / "model.safetensors", metadata={"format": "pt", "q4": "true"})
        for name, text in (("tokenizer.json", '{"names": {"猫": [1]}}'), ("preset.json", "{}")):
            (run / name).write_text(text)
        count = parcel.wrap(run, out, 100_000)
        self.assertEqual(len(list(out.iterdir())), count)
        self.assertTrue(count > 2 and all(path.stat().st_size <= 100_000 for path in out.iterdir()))
        parcel.unwrap(out, back)
        self.assertEqual((back / "tokenizer.json").read_text(), '{"names": {"猫": [1]}}')
        self.assertEqual(checkpoint.described(back / "model.safetensors")["seen"], "5")
        self.assertEqual(checkpoint.described(back / "few" / "model.safetensors")["q4"], "true")
        for path, weights in (("model.safetensors", teacher), ("few/model.safetensors", student)):
            found = checkpoint.load_file(back / path)
            self.assertEqual(set(found), set(weights))
            for name, value in weights.items():
                self.assertLess(((found[name] - value).norm() / value.norm()).item(), 0.006, name)
        exact = "double_blocks.0.img_qkv.weight"
        self.assertTrue(torch.equal(checkpoint.load_file(back / "few" / "model.safetensors")[exact], student[exact]))


class PublishTest(unittest.TestCase):
    def setUp(self):
        self.home = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.branch, self.tree = self.home / "branch", self.home / "tree"
        (self.branch / "few").mkdir(parents=True)
        (self.tree / "package").mkdir(parents=True)
        (self.tree / "package" / "old").write_text("")
        checkpoint.publish(self.branch / "model.safetensors", {"w": torch.ones(2)}, {"seen": "123"})
        (self.branch / "tokenizer.json").write_text("{}")
        self.data = self.home / "training" / "build" / "data"
        self.data.mkdir(parents=True)
        (self.data / "drawings.jsonl.xz").write_text("")

    def publish(self):
        with mock.patch("publish.widen_run") as widen, mock.patch("publish.release") as release:
            widen.return_value = [Word("moggy", "cat")]
            release.side_effect = lambda run, out, **more: out.mkdir() or (out / "manifest.json").write_text(json.dumps(str(more["enlarger"])))
            said = publish.publish(self.home, self.tree / "package", self.tree / "checkpoints")
            self.assertEqual(widen.call_args[0], (self.branch, None, self.data / "drawings.jsonl.xz"))
            told = release.call_args[1]
        self.assertEqual((told["data"], told["notices"]), (self.data / "drawings.jsonl.xz", self.data / "NOTICES.md"))
        self.assertEqual(json.loads(told["words"].read_text()), [["moggy", "cat"]])
        return said, json.loads((self.tree / "package" / "manifest.json").read_text())

    def test_package_and_teacher_replace_the_old_ones(self):
        checkpoint.save_file({"w": torch.ones(2)}, self.branch / "few" / "model.safetensors", metadata={"steps": "7"})
        said, upscaler = self.publish()
        self.assertTrue("123 pictures" in said and "7 steps" in said)
        self.assertFalse((self.tree / "package" / "old").exists())
        self.assertEqual(upscaler, "published")
        self.assertEqual(sorted(path.name for path in (self.tree / "checkpoints").iterdir()), ["model.safetensors", "tokenizer.json"])
        own = self.home / "upscaler" / "upscaler.safetensors"
        own.parent.mkdir()
        own.with_name("latest.safetensors").write_text("of a run that goes on")
        self.assertEqual(self.publish()[1], "published")
        own.write_text("complete")
        self.assertEqual(self.publish()[1], str(own))
        committed = self.tree / "checkpoints" / "upscaler.safetensors"
        self.assertEqual(committed.read_text(), "complete")
        own.unlink()
        self.assertEqual(self.publish()[1], str(committed))

    def test_an_undistilled_branch_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "not distilled"):
            self.publish()
        self.assertTrue((self.tree / "package" / "old").exists())


if __name__ == "__main__":
    unittest.main()
