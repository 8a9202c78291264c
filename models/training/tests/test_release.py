"""Packaging: what a package says about its parts and about what it knows, and that both readers agree."""
import json
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(Path(__file__).parents[1]))
import release  # noqa: E402
from knows import knows, vocabulary  # noqa: E402
from network import package  # noqa: E402
from upscaler.srvgg import Srvgg  # noqa: E402
from upscaler.train import export  # noqa: E402

FIXTURES = Path(__file__).parents[2] / "tests" / "fixtures"
CONFIG = {
    "name": "tiny", "title": "Tiny",
    "text": {"width": 32, "heads": 2, "mlp_hidden": 88, "depth": 1, "length": 5},
    "network": {"width": 32, "heads": 2, "mlp_hidden": 88, "depth": 1, "bottleneck": 12, "patch": 4, "channels": 4, "condition": 5},
    "picture": {"side": 16, "noise": 1.5}, "data": {}, "scenes": {}, "training": {"editing": 0.2},
    "few": {"times": [0, 0.25, 0.5, 0.75, 1], "guidance": 2.5}, "package": {"format": "q8"},
}
# Records its arguments and copies the description, instead of making a package.
FAKE = """#!{python}
import json, pathlib, shutil, sys
words = sys.argv[1:]
out = pathlib.Path(words[words.index("-o") + 1])
out.mkdir()
shutil.copy(words[words.index("--about") + 1], out / "about.json")
for at, word in enumerate(words):
    if word == "--with":
        shutil.copy(words[at + 1], out)
(out / "words.json").write_text(json.dumps(words))
"""


class Vocabulary(unittest.TestCase):
    def test_a_word_means_one_thing(self):
        found = vocabulary([("cat", "kitty", "pet"), ("dog", "pet", "hound"), ("cat", "kitty"), ("hound",)],
                           [("tabby", "cat"), ("moggy", "kitty"), ("kitty", "dog"), ("gadget", "thing")])
        self.assertEqual(found["subjects"], ["cat", "dog", "hound"])
        # "pet" could be either, "hound" is a thing itself, "gadget" is nothing that is drawn.
        self.assertEqual(found["synonyms"], {"kitty": "cat", "moggy": "cat", "tabby": "cat"})

    def test_what_a_run_knows(self):
        said = knows(CONFIG, ["3d", "flat"], "vocabulary.json")
        self.assertEqual(said["looks"], ["3d", "flat"])
        self.assertEqual(len(said["colours"]), 30)
        self.assertEqual([said[name] for name in ("scenes", "grounds", "masks", "references")], [False, False, True, True])
        self.assertFalse(knows(CONFIG | {"training": {"editing": 0}}, [])["masks"])
        self.assertEqual(knows(CONFIG | {"scenes": {"recolour": 0}}, [])["colours"], [])


class Release(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.program = self.folder / "image2"
        self.program.write_text(FAKE.format(python=sys.executable))
        self.program.chmod(0o755)
        self.run_folder = self.folder / "run"
        (self.run_folder / "few").mkdir(parents=True)
        (self.run_folder / "preset.json").write_text(json.dumps(CONFIG))
        (self.run_folder / "tokenizer.json").write_text("{}")
        for name in ("model.safetensors", "few/model.safetensors"):
            save_file({"txt_embedder.weight": torch.zeros(40, 32)}, self.run_folder / name)
        self.upscaler = self.folder / "upscaler.safetensors"
        export(self.upscaler, Srvgg(width=8, depth=2))
        self.drawings = self.folder / "drawings.jsonl.xz"
        self.notices = self.folder / "notices.md"
        self.notices.write_text("The drawings' notices.\n")
        world = SimpleNamespace(looks=["3d", "flat"], catalogue=SimpleNamespace(names=[("cat", "kitty")]))
        patched = mock.patch("release.world_of", lambda config, data: world)
        patched.start()
        self.addCleanup(patched.stop)

    def release(self, run, **more):
        out = release.release(run, self.folder / "package", notices=self.notices, data=self.drawings, image2=self.program, **more)
        return json.loads((out / "about.json").read_text()), json.loads((out / "words.json").read_text()), out

    def test_a_run_with_its_upscaler(self):
        self.drawings.write_bytes(b"")
        about, words, out = self.release(self.run_folder, enlarger=self.upscaler, exceptions={"upscaler.body.0": "f32"})
        self.assertEqual(list(about["components"]), ["denoiser", "text", "upscaler"])
        denoiser, upscaler = about["components"]["denoiser"], about["components"]["upscaler"]
        self.assertEqual(denoiser["config"]["text"], {"kind": "table", "vocab": 40})
        self.assertEqual((denoiser["sizes"]["side_max"], denoiser["sizes"]["area_max"]), (16, 256))
        self.assertEqual((denoiser["noise_scale"], denoiser["sampler"]["times"]), (1.5, [0, 0.25, 0.5, 0.75, 1]))
        self.assertEqual(upscaler["config"], {"channels": 4, "width": 8, "depth": 2, "scale": 4})
        self.assertEqual((upscaler["scale"], upscaler["picture"]["range"]), (4, [0.0, 1.0]))
        self.assertEqual(about["knows"]["vocabulary"], "vocabulary.json")
        self.assertEqual(json.loads((out / "vocabulary.json").read_text()), {"subjects": ["cat"], "synonyms": {"kitty": "cat"}})
        said = (out / "NOTICES.md").read_text()
        self.assertTrue("The drawings' notices." in said and "Real-ESRGAN" in said)
        self.assertEqual(words[words.index("--upscaler") + 1], str(self.upscaler))
        self.assertEqual(words[words.index("--set") + 1], "upscaler.body.0=f32")

    def test_the_teacher_without_drawings(self):
        about, words, _ = self.release(self.run_folder, few=False, form="f16")
        self.assertEqual((list(about["components"]), about.get("knows")), (["denoiser", "text"], None))
        settings = about["components"]["denoiser"]["sampler"]
        self.assertEqual((settings["steps"], settings["times"], settings["guidance"]), (20, None, 2.5))
        self.assertEqual(words[words.index("--format") + 1], "f16")

    def test_an_upscaler_alone(self):
        about, words, out = self.release(None, enlarger=self.upscaler)
        self.assertEqual(list(about["components"]), ["upscaler"])
        self.assertNotIn("The drawings", (out / "NOTICES.md").read_text())
        self.assertNotIn("--format", words)

    def test_a_file_that_does_not_say_its_sizes_is_refused(self):
        save_file(load_file(self.upscaler), self.upscaler)
        with self.assertRaisesRegex(SystemExit, "does not say its sizes"):
            self.release(None, enlarger=self.upscaler)


class Reader(unittest.TestCase):
    def test_both_versions_hold_the_same_denoiser(self):
        old, new = (package.weights(FIXTURES / name) for name in ("tiny-v1", "tiny"))
        self.assertEqual(list(old), list(new))
        self.assertTrue(all(torch.equal(old[name], new[name]) for name in old))
        old, new = (package.described(FIXTURES / name) for name in ("tiny-v1", "tiny"))
        self.assertEqual((list(old), list(new)), (["denoiser", "text"], ["denoiser", "text", "upscaler"]))
        self.assertEqual(old["denoiser"]["config"], new["denoiser"]["config"])

    def test_kernels_have_the_shape_of_the_checkpoint(self):
        found = package.weights(FIXTURES / "tiny", "upscaler")
        net = Srvgg(width=8, depth=2)
        net.load_state_dict(found)  # names and shapes
        # Stored tap by tap: value (channel, y, x) lies in column (y · 3 + x) · 8 + channel.
        stored = torch.arange(72.0).view(1, 72).repeat(2, 1)
        blocks = torch.nn.functional.pad(stored, (0, 24)).view(2, 3, 32).transpose(0, 1).contiguous()
        entry = {"shape": [2, 8, 3, 3], "format": "f32", "layout": "ohwi"}
        kernel = package.dense(blocks.view(torch.uint8), None, entry)
        self.assertEqual(kernel[1, 5, 2, 1].item(), (2 * 3 + 1) * 8 + 5)

    def test_a_missing_component_is_an_error(self):
        with self.assertRaisesRegex(KeyError, "no upscaler"):
            package.weights(FIXTURES / "tiny-v1", "upscaler")


if __name__ == "__main__":
    unittest.main()
