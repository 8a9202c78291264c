"""Matching words with names, and adding them as tokens with the same meaning."""
import copy
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from data import drawings, looks  # noqa: E402
from network import MmJit  # noqa: E402
from scenes import World  # noqa: E402
from text import Tokenizer, names, widen, wordnet  # noqa: E402
from text.tokenizer import widened  # noqa: E402
from text.widen import Widening  # noqa: E402
from trainer import checkpoint  # noqa: E402
from trainer.presets import preset  # noqa: E402
import release  # noqa: E402
import widen_text  # noqa: E402

TOKENIZER = HERE.parents[1] / "tests" / "fixtures" / "tokenizer" / "tokenizer.json"
DRAWINGS = HERE / "fixtures" / "drawings.jsonl"
DIRECTIONS = {"dog": (1, 0, 0), "boat": (0, 1, 0), "poodle": (.42, .3, .9), "hound": (.42, .45, .9), "ship": (.2, .9, .4),
              "idea": (0, 0, 1), "canine": (.9, 0, .4), "puppy": (.8, .6, 0), "barque": (.1, .42, .9),
              "skiff": (.1, .63, .85), "dory": (0, 1, 0)}
SYNSETS = [wordnet.Synset("noun", True, ["dog", "domestic dog"], "", [], 9, "1", ("2",)),
           wordnet.Synset("noun", True, ["canine"], "", [], 0, "2", ("2",)),
           wordnet.Synset("noun", True, ["hound", "poodle"], "", [], 0, "3", ("1",)),
           wordnet.Synset("noun", True, ["boat", "barque"], "", [], 5, "4", ()),
           wordnet.Synset("noun", True, ["barque"], "", [], 0, "5", ("1",)),
           wordnet.Synset("noun", True, ["ship", "idea", "puppy", "skiff"], "", [], 0, "6", ())]


def embed(texts):
    vectors = np.array([DIRECTIONS.get(text.removesuffix(": "), (.1, .1, 1)) for text in texts], float)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class NamesTest(unittest.TestCase):
    def find(self, held_out=frozenset(), taken=frozenset(), common=lambda word: True):
        return {word.text: word.name for word in names.find(["dog", "boat"], taken, SYNSETS, embed, common, held_out)}

    def test_a_word_takes_the_nearest_name_if_it_is_near_enough(self):
        found = self.find()
        self.assertEqual({word: found[word] for word in ("ship", "canine")}, {"ship": "boat", "canine": "dog"})
        self.assertNotIn("idea", found)
        self.assertNotIn("dog", found)  # is a name itself
        self.assertNotIn("domestic dog", found)  # is not a single word

    def test_the_dictionary_counts_by_the_most_usual_sense(self):
        found = self.find()
        self.assertEqual((found["hound"], found["poodle"]), ("dog", "dog"))  # kinds of dog
        self.assertEqual(found["barque"], "boat")

    def test_rare_words_must_be_nearer_unless_both_agree(self):
        found = self.find(common=lambda word: False)
        self.assertEqual({word: found.get(word) for word in ("poodle", "ship", "skiff")}, {"poodle": "dog", "ship": "boat", "skiff": None})
        self.assertEqual(self.find()["skiff"], "boat")

    def test_only_embeddings_count_for_held_out_synonyms(self):
        found = self.find(held_out=frozenset(("hound", "puppy", "barque", "dory")))
        self.assertEqual({word: found.get(word) for word in ("hound", "puppy", "poodle")}, {"hound": None, "puppy": "dog", "poodle": "dog"})
        self.assertNotIn("dory", found)  # in no dictionary

    def test_definition_and_word_have_equal_weight(self):
        meaning = {"ship: a thing with sails": "boat", "ship: an animal": "dog"}
        for text, name in meaning.items():
            described = [synset._replace(meaning=text.split(": ")[1]) if "ship" in synset.lemmas else synset for synset in SYNSETS]
            with mock.patch.object(sys.modules[__name__], "SYNSETS", described), mock.patch.dict(DIRECTIONS, {text: DIRECTIONS[name], "ship": (.7, .7, .1)}):
                self.assertEqual(self.find()["ship"], name)

    def test_words_of_captions_keep_their_meaning(self):
        self.assertNotIn("poodle", self.find(taken=frozenset(("poodle",))))

    def test_people_are_not_drawn_as_animals(self):
        for uses, stays in ((9, False), (0, True)):  # whether the word usually means a person
            person = wordnet.Synset("noun", True, ["puppy"], "", [], uses, "7", (), True)
            with mock.patch.object(sys.modules[__name__], "SYNSETS", [*SYNSETS, person]):
                self.assertEqual("puppy" in self.find(), stays)

    def test_a_cycle_of_kinds_ends(self):
        by_key = {synset.key: synset for synset in SYNSETS}
        self.assertEqual(names.nearest_names(by_key["2"], by_key, {"boat"}), (0, set()))  # a kind of itself
        self.assertEqual(names.nearest_names(by_key["3"], by_key, {"dog", "boat"}), (1, {"dog"}))


class WideningTest(unittest.TestCase):
    """In the fixture's tokenizer "dog" is one token and "doggy" three. "star" is two, and has no other name."""
    WORDS = [names.Word("wugulu", "doggy"), names.Word("zorbik", "star"), names.Word("quaxel", "star")]

    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.config = copy.deepcopy(preset("toy"))
        cls.config["text"].update(vocab=320, width=32, heads=1, mlp_hidden=48, length=16)
        cls.config["network"].update(width=32, heads=1, mlp_hidden=48, bottleneck=8)
        cls.config["picture"]["side"] = 16
        cls.config["data"] = {}
        cls.config["scenes"] = {"synonym": 0.0}
        cls.tokenizer = Tokenizer.load(TOKENIZER)
        cls.world = World(looks.choose(drawings.load(DRAWINGS)), cls.config["scenes"])

    def setUp(self):
        things = mock.patch.object(widen, "THINGS", 300)
        things.start()
        self.addCleanup(things.stop)
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        torch.manual_seed(2)
        self.net = MmJit(self.config)
        for weight in self.net.parameters():  # the last layer starts at zero, so every prompt would draw the same
            torch.nn.init.normal_(weight, std=0.2)
        self.tokens = widen.tokens_for(self.WORDS, self.world, self.tokenizer)
        self.wide = Tokenizer.read(widened(TOKENIZER.read_text(), [token.text for token in self.tokens if token.row >= self.tokenizer.size]))

    def encode(self, net, text):
        return net.encode_text(self.wide.encode_batch([text], 16))

    def test_a_word_copies_a_name_of_one_token_or_is_learned(self):
        dog = self.tokenizer.encode("dog")[0]
        told = {token.text: token[2:] for token in self.tokens}
        self.assertEqual(told["wugulu"], ("dog", "dog", dog))
        self.assertEqual((told["zorbik"], told["quaxel"]), (("star", "star", None),) * 2)
        self.assertEqual(told["wugulus"], ("dogs", "dog", dog))  # "dogs" is two tokens, so the singular is used
        self.assertNotIn("zorbiks", told)
        self.assertEqual([token.row for token in self.tokens], list(range(self.tokenizer.size, self.tokenizer.size + 4)))

    def test_a_token_of_a_thing_that_is_not_drawn_well_is_reused(self):
        words = [names.Word("banana", "dog"), names.Word("dog", "star")]
        tokens = widen.tokens_for(words, self.world, self.tokenizer)
        banana = self.tokenizer.encode("banana")
        self.assertEqual([(token.text, token.row) for token in tokens if token.text == "banana"], [("banana", *banana)])
        self.assertNotIn("dog", [token.text for token in tokens])  # captions use it

    def test_tokens_of_words_in_captions_are_not_changed(self):
        said = widen.said(self.world)
        self.assertTrue({"dog", "doggy", "style", "a"} <= said)
        self.assertNotIn("wugulu", said)

    def test_a_copied_word_draws_like_its_name_and_captions_are_unchanged(self):
        before = {text: self.encode(self.net, text) for text in ("a flat dog on red", "a 3d star", "")}
        Widening(self.net, self.wide, self.tokens, self.world, self.config, torch.device("cpu"))
        self.assertEqual(len(self.net.txt_embedder.weight), self.wide.size)
        for text, features in before.items():
            self.assertTrue(torch.equal(self.encode(self.net, text), features), text)
        self.assertTrue(torch.equal(self.encode(self.net, "a flat wugulu on red"), before["a flat dog on red"]))

    def test_words_that_cannot_be_copied_share_one_learned_vector(self):
        """For "dog", whose vector is known, the same predictions are found from another start."""
        tokens = [token._replace(subject="dog", name="dog", like=None) for token in self.tokens]
        task = Widening(self.net, self.wide, tokens, self.world, self.config, torch.device("cpu"), batch=8)
        self.assertEqual(list(task.learnt), ["dog"])
        self.assertLess(task.loss().item(), 1e-9)
        frozen = copy.deepcopy(self.net.state_dict())
        task.vectors.data += task.size * torch.randn(task.vectors.shape, generator=torch.Generator().manual_seed(0))
        first = sum(task.advance(0.0).item() for _ in range(8))
        for _ in range(60):
            task.advance(0.0)
        self.assertLess(sum(task.advance(0.0).item() for _ in range(8)), 0.3 * first)
        task.run(0.05, lambda line: None)
        for name, value in self.net.state_dict().items():
            if name != "txt_embedder.weight":
                self.assertTrue(torch.equal(value, frozen[name]), name)
        changed = (self.net.txt_embedder.weight != frozen["txt_embedder.weight"]).any(1).nonzero().flatten().tolist()
        self.assertEqual(changed, [self.tokenizer.size + k for k in range(len(tokens))])
        self.assertEqual(len(self.net.txt_embedder.weight[changed].unique(dim=0)), 1)

    def test_widening_a_run_writes_a_separate_folder(self):
        (self.folder / "few").mkdir()
        (self.folder / "tokenizer.json").write_bytes(TOKENIZER.read_bytes())
        (self.folder / "preset.json").write_text(json.dumps(self.config))
        few = self.folder / "few" / "model.safetensors"
        checkpoint.replace(few, self.net.state_dict(), {"format": "pt", "steps": "7"})
        words = self.folder / "words.json"
        widen_text.write(words, self.WORDS)
        self.assertEqual(widen_text.written(words), self.WORDS)
        self.assertEqual(release.distilled(self.folder), (few, self.folder / "tokenizer.json"))
        widen_text.widen_run(self.folder, 0.01, words, DRAWINGS, batch=4, note=lambda text: None)
        wide, tokenizer = release.distilled(self.folder)
        after, before = checkpoint.load_file(wide), checkpoint.load_file(few)
        for name, value in before.items():
            kept = self.tokenizer.size if name == "txt_embedder.weight" else len(value)
            self.assertTrue(torch.equal(after[name][:kept], value[:kept]), name)
        self.assertEqual(checkpoint.described(wide)["steps"], "7")
        self.assertEqual(len(after["txt_embedder.weight"]), Tokenizer.load(tokenizer).size)
        os.utime(few, (few.stat().st_mtime + 60,) * 2)
        with self.assertRaisesRegex(SystemExit, "is newer"):
            release.distilled(self.folder)
        other = copy.deepcopy(self.config)
        other["network"]["mlp_hidden"] = 56
        (self.folder / "preset.json").write_text(json.dumps(other))
        with self.assertRaisesRegex(SystemExit, "not of this preset"):
            widen_text.widen_run(self.folder, 0.01, words, DRAWINGS, note=lambda text: None)


if __name__ == "__main__":
    unittest.main()
