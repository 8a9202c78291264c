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

from network import MmJit  # noqa: E402
from network.mmjit import TEXT_ENCODER  # noqa: E402
from text.tokenizer import Tokenizer  # noqa: E402,F401
from scenes import open_world  # noqa: E402
from trainer import checkpoint  # noqa: E402
from trainer.loop import Run, train  # noqa: E402
from trainer.presets import preset  # noqa: E402
from distil import carry_over, distil  # noqa: E402

TOKENIZER = HERE.parents[1] / "tests" / "fixtures" / "tokenizer" / "tokenizer.json"


def tiny():
    config = copy.deepcopy(preset("toy"))
    config["network"].update(width=64, heads=1, mlp_hidden=88, bottleneck=16)
    config["text"].update(width=64, heads=1, mlp_hidden=88, length=12)
    config["data"], config["picture"]["side"] = {}, 32
    config["training"].update(batch=8, editing=0.5)
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
        encoder = {name: value for name, value in weights.items() if name.startswith(("txt_", "mask_token"))}
        checkpoint.save_file(encoder, text / "encoder.safetensors")
        cls.text = text
        cls.world, cls.sprites = open_world(cls.config, HERE / "fixtures" / "drawings.jsonl", cls.base / "pixels", 1)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_of(self, name, steps, **options):
        run = Run(self.base / name, self.config, self.text)
        with contextlib.redirect_stdout(io.StringIO()):
            train(run, self.world, self.sprites, steps=steps, compiled=False, log_every=2, **options)
        return run

    def test_an_interrupted_run_resumes_exactly(self):
        whole = self.run_of("whole", 6)
        self.run_of("broken", 2)
        broken = self.run_of("broken", 4)
        self.assertEqual((broken.progress["step"], broken.progress["seen"]), (6, 48))
        for (name, a), b in zip(whole.net.state_dict().items(), broken.net.state_dict().values()):
            self.assertTrue(torch.equal(a, b), name)
        for (name, a), b in zip(whole.ema.state_dict().items(), broken.ema.state_dict().values()):
            self.assertTrue(torch.equal(a, b), name)

    def test_worker_processes_draw_the_same_batches(self):
        alone, helped = self.run_of("alone", 3), self.run_of("helped", 3, workers=2)
        for a, b in zip(alone.net.parameters(), helped.net.parameters()):
            self.assertTrue(torch.equal(a, b))

    def test_training_reduces_the_loss_and_keeps_the_text_encoder(self):
        run = self.run_of("learns", 60)
        rows = [json.loads(line) for line in (run.folder / "log.jsonl").read_text().splitlines()]
        self.assertLess(rows[-1]["loss"], 0.8 * rows[0]["loss"])
        kept = Run(self.base / "fresh", self.config, self.text).net
        for name, value in run.net.state_dict().items():
            if name.startswith(("txt_", "mask_token")):
                self.assertTrue(torch.equal(value, kept.state_dict()[name]), name)
        self.assertTrue(list(run.folder.glob("sheet-*.png")) and (run.folder / "log.png").exists())

    def test_the_text_encoder_is_trained_if_the_preset_says_so(self):
        config = copy.deepcopy(self.config)
        config["training"]["text"] = True
        with mock.patch.object(Training, "config", config):
            run = self.run_of("with-text", 2)
        before = MmJit(self.config)
        checkpoint.begin_from(self.text / "encoder.safetensors", before)
        for name in ("txt_embedder.weight", "txt_preamble_blocks.0.mlp.w1.weight"):
            self.assertFalse(torch.equal(run.net.state_dict()[name], before.state_dict()[name]), name)

    def test_training_continues_from_published_weights(self):
        first = self.run_of("published", 2)
        second = Run(self.base / "again", self.config, self.text, init=first.folder / "model.safetensors")
        weight = "double_blocks.0.img_qkv.weight"
        self.assertTrue(torch.allclose(second.net.state_dict()[weight], first.ema.state_dict()[weight], atol=1e-3))

    def test_a_text_encoder_of_another_shape_is_refused(self):
        other = copy.deepcopy(self.config)
        other["text"]["vocab"] += 1
        with self.assertRaises(SystemExit) as refused:
            Run(self.base / "other", other, self.text)
        self.assertIn("text encoder", str(refused.exception))

    def test_distilling_resumes(self):
        run = self.run_of("distilled-on", 2)
        config = copy.deepcopy(self.config)
        config["few"].update(contrast=2.0, sharp=0.5, batch=4)
        run.config = config
        told = []
        with contextlib.redirect_stdout(io.StringIO()):
            for resume in (False, True):
                distil(run, self.world, self.sprites, minutes=None, q4=False, workers=0, compiled=False, steps=6, resume=resume)
                told.append(checkpoint.load_file(run.folder / "few" / "model.safetensors"))
        teacher, (first, second) = run.ema.state_dict(), told
        far = lambda a, b: sum((a[n].float() - b[n].float()).square().sum().item() for n in a if n.startswith("double_blocks"))
        self.assertGreater(far(second, teacher), far(first, teacher))
        self.assertLess(far(second, first), far(second, teacher))
        self.assertEqual(checkpoint.described(run.folder / "few" / "model.safetensors")["steps"], "12")

    def test_a_distillation_delta_is_added_to_a_later_teacher(self):
        run = self.run_of("carried", 2)
        before = {name: torch.randn_like(value) for name, value in run.net.state_dict().items()}
        few = {name: value + 1 for name, value in before.items()}
        own = {name: value.clone() for name, value in run.net.state_dict().items()}
        checkpoint.save_file(before, run.folder / "before.safetensors")
        with mock.patch("distil.package_weights", lambda folder: few):
            carry_over(run.net, "package", run.folder / "before.safetensors")
        for name, value in run.net.state_dict().items():
            learnt = 0.0 if name.startswith(TEXT_ENCODER) else 1.0
            self.assertTrue(torch.allclose(value, own[name] + learnt, atol=1e-5), name)
        wider = few | {"final_layer.linear.weight": torch.zeros(1, 1)}
        for other in ({}, wider):
            with mock.patch("distil.package_weights", lambda folder: other), self.assertRaises(SystemExit):
                carry_over(run.net, "package", run.folder / "before.safetensors")

    def test_distilling_writes_four_bit_weights(self):
        from network.quantized import q4
        run = self.run_of("distilled", 2)
        with contextlib.redirect_stdout(io.StringIO()):
            distil(run, self.world, self.sprites, minutes=None, q4=True, workers=0, compiled=False, steps=10)
        weights = checkpoint.load_file(run.folder / "few" / "model.safetensors")
        self.assertEqual(set(weights), set(run.net.state_dict()))
        for name in ("double_blocks.0.img_qkv.weight", "txt_preamble_blocks.0.qkv.weight"):
            self.assertTrue(torch.equal(q4(weights[name]), weights[name]), name)
        self.assertFalse(torch.equal(weights["double_blocks.0.img_qkv.bias"], run.ema.state_dict()["double_blocks.0.img_qkv.bias"]))


if __name__ == "__main__":
    unittest.main()
