"""Matching words with names, and adding them as tokens with the same meaning."""
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
from scenes import World  # noqa: E402
from text import Tokenizer, name_tokens, names, wordnet  # noqa: E402
import release  # noqa: E402
import widen_text  # noqa: E402

TOKENIZER = HERE.parents[1] / "tests" / "fixtures" / "tokenizer" / "tokenizer.json"
DRAWINGS = HERE / "fixtures" / "drawings.jsonl"
DIRECTIONS = {"dog": (1, 0, 0), "boat": (0, 1, 0), "poodle": (.42, .3, .9), "hound": (.42, .45, .9), "ship": (.2, .9, .4),
              "idea": (0, 0, 1), "canine": (.9, 0, .4), "puppy": (.8, .6, 0), "barque": (.1, .42, .9),
              "skiff": (.1, .63, .85), "domestic dog": (.5, .1, .8), "small boat": (0, 1, 0)}
SYNSETS = [wordnet.Synset("noun", True, ["dog", "domestic dog"], "", [], 9, "1", ("2",)),
           wordnet.Synset("noun", True, ["canine"], "", [], 0, "2", ("2",)),
           wordnet.Synset("noun", True, ["hound", "poodle"], "", [], 0, "3", ("1",)),
           wordnet.Synset("noun", True, ["boat", "barque"], "", [], 5, "4", ()),
           wordnet.Synset("noun", True, ["barque"], "", [], 0, "5", ("1",)),
           wordnet.Synset("noun", True, ["ship", "idea", "puppy", "skiff", "small boat"], "", [], 0, "6", ())]


def embed(texts):
    vectors = np.array([DIRECTIONS.get(text.removesuffix(": "), (.1, .1, 1)) for text in texts], float)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class NamesTest(unittest.TestCase):
    def find(self, taken=frozenset(), common=lambda word: True, known=("dog", "boat")):
        return {word.text: word.name for word in names.find(list(known), names.Spoken(taken, taken), SYNSETS, embed, common)}

    def test_a_word_takes_the_nearest_name_if_it_is_near_enough(self):
        found = self.find()
        self.assertEqual({word: found[word] for word in ("ship", "canine")}, {"ship": "boat", "canine": "dog"})
        self.assertNotIn("idea", found)
        self.assertNotIn("dog", found)  # is a name itself

    def test_several_words_are_another_name_only_by_the_dictionary(self):
        self.assertEqual(self.find()["domestic dog"], "dog")
        self.assertNotIn("small boat", self.find())  # near, but a kind of its own
        self.assertNotIn("domestic dog", self.find(taken=frozenset(("domestic",))))

    def test_the_dictionary_counts_by_the_most_usual_sense(self):
        found = self.find()
        self.assertEqual((found["hound"], found["poodle"]), ("dog", "dog"))  # kinds of dog
        self.assertEqual(found["barque"], "boat")

    def test_rare_words_must_be_nearer_unless_both_agree(self):
        found = self.find(common=lambda word: False)
        self.assertEqual({word: found.get(word) for word in ("poodle", "ship", "skiff")}, {"poodle": "dog", "ship": "boat", "skiff": None})
        self.assertEqual(self.find()["skiff"], "boat")

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

    def test_a_word_that_names_end_with_is_one_of_these_things(self):
        known = ("full moon", "new moon", "man in the moon", "point right", "dog")
        said = {word for name in known for word in name.split()}
        senses = [wordnet.Synset("noun", True, ["moon", "right"], "", [], 5, "8"), wordnet.Synset("adj", False, ["right"], "", [], 90, "9")]
        with mock.patch.object(sys.modules[__name__], "SYNSETS", [*SYNSETS, *senses]):
            found = lambda usual: {word.text: word.name for word in names.find(list(known), names.Spoken(said, set(), usual), SYNSETS, embed, bool)}
            for usual in ("full moon", "new moon"):
                self.assertEqual(found({usual})["moon"], usual)
            self.assertNotIn("right", found(set()))  # is hardly ever a noun
            around = names.find(list(known), names.Spoken(said, {"moon"}), SYNSETS, embed, bool)
            self.assertNotIn("moon", [word.text for word in around])

    def test_the_word_for_a_few_things_is_one_of_them(self):
        kinds = [wordnet.Synset("noun", True, ["canid"], "", [], 0, "10", ())] + [
            wordnet.Synset("noun", True, [name], "", [], 0, f"1{k}", ("10",)) for k, name in enumerate(("wolf", "fox", "jackal", "dingo", "coyote"), 1)]
        near = {name: (.4, .4, .8) for name in ("wolf", "fox", "jackal", "dingo", "coyote")} | {"canid": (.4, .4, .8)}
        with mock.patch.object(sys.modules[__name__], "SYNSETS", [*SYNSETS, *kinds]), mock.patch.dict(DIRECTIONS, near):
            self.assertEqual(self.find(known=("wolf", "boat"))["canid"], "wolf")
            by_key = {synset.key: synset for synset in SYNSETS}
            below = names.kinds_below({lemma: one for one in SYNSETS for lemma in one.lemmas}, by_key, {"wolf": 0, "fox": 1})
            self.assertEqual(below["10"], {"wolf", "fox"})

    def test_a_cycle_of_kinds_ends(self):
        by_key = {synset.key: synset for synset in SYNSETS}
        self.assertEqual(names.nearest_names(by_key["2"], by_key, {"boat"}), (0, set()))  # a kind of itself
        self.assertEqual(names.nearest_names(by_key["3"], by_key, {"dog", "boat"}), (1, {"dog"}))


class WideningTest(unittest.TestCase):
    WORDS = [names.Word("wugulu", "dog"), names.Word("zorbik", "star"), names.Word("style", "dog"), names.Word("nothing", "unknown")]

    @classmethod
    def setUpClass(cls):
        cls.config = {"data": {}, "scenes": {"synonym": 0.0}}
        cls.world = World(looks.choose(drawings.load(DRAWINGS)), cls.config["scenes"])
        cls.named = name_tokens.extended(TOKENIZER.read_text(), {"dog": ["dog", "doggy"], "star": ["star"]})

    def test_a_word_and_its_plural_are_read_as_the_name(self):
        plain = Tokenizer.read(self.named)
        wide = Tokenizer.read(name_tokens.widened(self.named, self.WORDS, {"style", "a", "red"}))
        self.assertEqual(wide.encode("a red wugulu"), plain.encode("a red dog"))
        self.assertEqual(wide.encode("zorbiks"), plain.encode("star"))
        self.assertEqual(wide.encode("a dog, in style: nothing"), plain.encode("a dog, in style: nothing"))  # unchanged
        self.assertEqual(wide.size, plain.size)

    def test_words_of_captions_are_known(self):
        with mock.patch.object(widen_text, "THINGS", 300):
            said = widen_text.said(self.world)
        self.assertTrue({"dog", "doggy", "style", "a"} <= said)
        self.assertNotIn("wugulu", said)

    def test_widening_a_run_writes_a_tokenizer_that_is_released(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "tokenizer.json").write_text(self.named)
        (folder / "preset.json").write_text(json.dumps(self.config))
        words = folder / "words.json"
        widen_text.write(words, self.WORDS)
        self.assertEqual(widen_text.written(words), self.WORDS)
        weights = folder / "few" / "model.safetensors"
        self.assertEqual(release.distilled(folder), (weights, folder / "tokenizer.json"))
        with mock.patch.object(widen_text, "THINGS", 300):
            widen_text.widen_run(folder, words, DRAWINGS)
        self.assertEqual(release.distilled(folder), (weights, folder / "wide.json"))
        self.assertEqual(Tokenizer.load(folder / "wide.json").encode("wugulu"), Tokenizer.read(self.named).encode("dog"))
        os.utime(folder / "tokenizer.json", (os.stat(folder / "wide.json").st_mtime + 60,) * 2)
        with self.assertRaisesRegex(SystemExit, "is newer"):
            release.distilled(folder)


class NameTokensTest(unittest.TestCase):
    SUBJECTS = {"hot air balloon": ["hot air balloon"], "dog": ["dog", "doggy"], "1st place medal": ["1st place medal"]}

    def setUp(self):
        self.plain = Tokenizer.load(TOKENIZER)
        self.file = name_tokens.extended(TOKENIZER.read_text(), self.SUBJECTS)
        self.named = Tokenizer.read(self.file)

    def test_names_of_a_subject_share_its_vectors_and_have_a_token_each(self):
        dog, doggy = self.named.encode("dog"), self.named.encode("doggy")
        self.assertEqual((len(dog), dog[1:]), (5, doggy[1:]))
        self.assertNotEqual(dog[0], doggy[0])
        self.assertEqual(self.named.encode("DOGS"), dog)
        self.assertEqual(self.named.size, self.plain.size + 3 * 4 + 4)
        self.assertEqual(sorted({i for ids in self.named.names.values() for i in ids}), list(range(self.plain.size, self.named.size)))

    def test_the_longest_name_counts_and_other_words_are_unchanged(self):
        balloon, around = self.named.encode("Hot air  balloon"), self.plain.encode
        self.assertEqual(self.named.encode("a hot air balloon, 3d"), [*around("a"), *balloon, *around(", 3d")])
        self.assertEqual(self.named.encode("hot air"), around("hot air"))
        self.assertEqual(self.named.encode("a hot-air balloon"), around("a hot-air balloon"))
        self.assertEqual(len(self.named.encode("1ST place medal")), 5)
        self.assertEqual(self.named.encode('that says "dog"'), around('that says "dog"'))  # lettering is no name
        self.assertEqual(self.named.encode("猫 dog"), [*around("猫"), *self.named.encode("dog")])

    def test_extending_again_keeps_what_there_is(self):
        self.assertEqual(name_tokens.extended(self.file, self.SUBJECTS), self.file)
        more = Tokenizer.read(name_tokens.extended(self.file, self.SUBJECTS | {"dog": ["dog", "hound"]}))
        self.assertEqual(more.encode("dog"), self.named.encode("dog"))
        self.assertEqual(more.encode("hound"), [self.named.size, *self.named.encode("dog")[1:]])

    def test_a_saved_tokenizer_keeps_its_names(self):
        with tempfile.TemporaryDirectory() as folder:
            self.named.save(Path(folder) / "tokenizer.json")
            self.assertEqual(Tokenizer.load(Path(folder) / "tokenizer.json").names, self.named.names)

    def test_rows_begin_as_the_pieces_and_as_padding(self):
        rows, padding = torch.randn(self.plain.size + 3, 32), torch.randn(32)
        table = name_tokens.table(rows, padding, self.plain, self.named)
        self.assertTrue(torch.equal(table[: self.plain.size], rows[: self.plain.size]))
        name, *vectors = self.named.encode("hot air balloon")
        pieces = rows[self.plain.encode("hot air balloon")]
        self.assertGreater(torch.cosine_similarity(table[name], pieces.mean(0), dim=0).item(), 0.999)
        self.assertAlmostEqual(table[name].norm().item(), pieces.norm(dim=-1).mean().item(), places=3)
        self.assertTrue(((table[vectors] - padding).abs() < 0.4).all())
        self.assertEqual(len(table[vectors].unique(dim=0)), 4)


if __name__ == "__main__":
    unittest.main()
