"""The tokenizer, the encoder and its training, on a corpus of a few lines and without the real teacher."""
import json
import random
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer as Engine
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from network import MmJit  # noqa: E402
from text import TextEncoder, Tokenizer, bpe, corpus, fixture, lines, luggage, name_tokens, teacher, wordnet  # noqa: E402
from text.distil import Pupil, Teaching  # noqa: E402
from text.lessons import WORD_AXES, Lessons  # noqa: E402
from text.student import Student, begin_linear, likeness, pooled  # noqa: E402
from text.teacher import WIDTH  # noqa: E402

SHAPE = {"vocab": 320, "width": 32, "heads": 2, "mlp_hidden": 48, "depth": 1, "length": 16}
ROWS = [{"subject": name, "name": name, "synonyms": [], "tags": []} for name in ("cat", "dog", "red house", "tree")]
SYNSETS = [wordnet.Synset("noun", True, ["cat", "house cat"], "a small animal with soft fur", ["the cat sat on a mat"], 9),
           wordnet.Synset("noun", True, ["dog", "hound"], "an animal that people keep; barks", ["walk the dog again"], 9),
           wordnet.Synset("adj", False, ["red"], "of the colour of blood", ["a very red face"], 3)]


def random_teacher(words):
    """A teacher with the real one's shapes, random weights and one token per word."""
    engine = Engine(WordLevel({word: i for i, word in enumerate(["[PAD]", "[UNK]", *words])}, unk_token="[UNK]"))
    engine.pre_tokenizer = Whitespace()
    generator, e = torch.Generator().manual_seed(0), "embeddings"
    matrix = lambda *shape: torch.randn(shape, generator=generator) / shape[-1] ** 0.5
    norm = lambda name: {f"{name}.weight": torch.ones(WIDTH), f"{name}.bias": matrix(WIDTH)}
    linear = lambda name, out, into: {f"{name}.weight": matrix(out, into), f"{name}.bias": matrix(out)}
    weights = {teacher.VOCABULARY: matrix(len(words) + 2, WIDTH), f"{e}.position_embeddings.weight": matrix(teacher.TOKENS_MAX, WIDTH),
               f"{e}.token_type_embeddings.weight": matrix(2, WIDTH), **norm(f"{e}.LayerNorm")}
    for layer in (f"encoder.layer.{k}" for k in range(teacher.LAYERS)):
        for name in ("self.query", "self.key", "self.value", "output.dense"):
            weights |= linear(f"{layer}.attention.{name}", WIDTH, WIDTH)
        weights |= linear(f"{layer}.intermediate.dense", 4 * WIDTH, WIDTH) | linear(f"{layer}.output.dense", WIDTH, 4 * WIDTH)
        weights |= norm(f"{layer}.attention.output.LayerNorm") | norm(f"{layer}.output.LayerNorm")
    return teacher.Teacher(engine, weights)


class LuggageTest(unittest.TestCase):
    def test_packed_corpus_and_teacher_are_equal_up_to_rounding(self):
        packed = tiny_corpus()
        words = sorted({word for text in [*packed.phrases, *packed.sentences] for word in text.split()} | {f"idle{k}" for k in range(500)})
        sent = random_teacher(words)
        with tempfile.TemporaryDirectory() as folder:
            size = luggage.pack(Path(folder), packed, sent)
            self.assertEqual(luggage.corpus(Path(folder)), packed)
            arrived = luggage.teacher(Path(folder), "cpu", torch.float32)
            self.assertEqual({path.name for path in Path(folder).iterdir()}, {luggage.CORPUS, luggage.TEACHER})
        self.assertLess(size, sent.parameters())  # less than a byte per weight, because unused vocabulary is left out
        cosine = (arrived.embed(packed.phrases) * sent.embed(packed.phrases)).sum(1)
        self.assertGreater(cosine.min(), 0.995)
        self.assertLess(abs(arrived.embed(["idle7"]) @ sent.embed(["idle7"]).T).item(), 0.9)


def tiny_corpus():
    return corpus.gather(ROWS, ['a sign that says "CAT"', "two dogs on red"], SYNSETS, lambda word: True, {"hound"})


class TokenizerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tokenizer = Tokenizer.load(fixture.FOLDER / "tokenizer.json")
        cls.piece = {i: piece for piece, i in cls.tokenizer.engine.get_vocab().items()}

    def pieces(self, text):
        return [self.piece[i] for i in self.tokenizer.encode(text)]

    def test_the_fixture_is_up_to_date(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tokenizer.json"
            Tokenizer.train([(text, 1) for text in fixture.CORPUS], fixture.VOCAB).save(path)
            self.assertEqual(path.read_bytes(), (fixture.FOLDER / "tokenizer.json").read_bytes())
        wide = fixture.whole_words((fixture.FOLDER / "tokenizer.json").read_text(), fixture.WIDE)
        self.assertEqual((fixture.FOLDER / "wide.json").read_text(), wide)
        named = name_tokens.extended((fixture.FOLDER / "tokenizer.json").read_text(), fixture.NAMED)
        self.assertEqual((fixture.FOLDER / "named.json").read_text(), named)
        wide, named = (Tokenizer.load(fixture.FOLDER / f"{name}.json") for name in ("wide", "named"))
        for tokenizer, name, prompts in ((self.tokenizer, "cases", fixture.PROMPTS), (wide, "wide-cases", fixture.WIDE_PROMPTS),
                                         (named, "named-cases", fixture.NAMED_PROMPTS)):
            cases = json.loads((fixture.FOLDER / f"{name}.json").read_text())
            self.assertEqual([case["prompt"] for case in cases], prompts)
            for case in cases:
                self.assertEqual(tokenizer.encode(case["prompt"]), case["ids"])

    def test_quoted_text_is_split_into_characters(self):
        self.assertEqual(self.pieces("“Hi  you” 42"), ['"', "h", "i", "_", "y", "o", "u", '"', "4", "2"])
        self.assertEqual(self.pieces('"a'), ['"', "a"])

    def test_the_ids_of_units_are_those_of_the_text(self):
        for text in fixture.PROMPTS:
            units = self.tokenizer.units(text)
            self.assertEqual([i for unit in units for i in self.tokenizer.ids_of_unit(unit)], self.tokenizer.encode(text))

    def test_batches_are_padded_and_truncated(self):
        batch = self.tokenizer.encode_batch(["", "a a a a", "1"], 3)
        a, one = self.tokenizer.encode("a")[0], self.tokenizer.encode("1")[0]
        self.assertEqual(batch.tolist(), [[0, 0, 0], [a, a, a], [one, 0, 0]])

    def test_merges_of_the_most_frequent_pair_come_first(self):
        pieces = ["a", "b", "##a", "##b", "##c"]
        self.assertEqual(bpe.learn({"abab": 3, "abc": 2, "b": 9}, pieces, 7), [("a", "##b"), ("##a", "##b")])
        self.assertEqual(bpe.merge(["a", "##a", "##a", "##a"], ("##a", "##a")), ["a", "##aa", "##a"])


class CorpusTest(unittest.TestCase):
    def test_compositions_contain_no_held_out_synonyms(self):
        found, rng = tiny_corpus(), random.Random(0)
        index = {phrase: i for i, phrase in enumerate(found.phrases)}
        self.assertIn("hound", found.phrases)
        for _ in range(300):
            parts = corpus.compose(found, index, rng)
            self.assertNotIn("hound", " ".join(words for words, _ in parts))
            for words, phrase in parts:
                self.assertTrue(phrase is None or found.phrases[phrase] == words)

    def test_a_line_of_wordnet_is_parsed(self):
        line = ('02124272 05 n 03 cat 0 True_cat 0 house_cat 0 001 @ 02123649 n 0000 | feline mammal (usually) having fur; '
                'no roar; "a cat (she said) sat"  ')
        synset = wordnet.parse(line, "noun", {("noun", "02124272"): 18})
        self.assertEqual(synset, ("noun", True, ["cat", "house cat"], "feline mammal  having fur; no roar",
                                  ["a cat (she said) sat"], 18, "02124272", ("02123649",), False))


class EncoderTest(unittest.TestCase):
    def test_the_encoder_equals_the_networks_text_side(self):
        torch.manual_seed(0)
        encoder = TextEncoder(**SHAPE)
        for weight in encoder.parameters():
            torch.nn.init.normal_(weight, std=0.2)
        net = MmJit({"text": SHAPE, "network": {"width": 32, "heads": 2, "mlp_hidden": 48, "depth": 1, "bottleneck": 8,
                                                "patch": 4, "channels": 4}})
        unexpected = net.load_state_dict(encoder.state_dict(), strict=False).unexpected_keys
        tokens = torch.tensor([[5, 9, 0, 0], [7, 7, 1, 8]])
        self.assertEqual(unexpected, [])
        self.assertTrue(torch.equal(encoder(tokens), net.encode_text(tokens)))

    def test_pooling_is_the_mean_over_each_span(self):
        features = torch.randn(2, 5, 3)
        spans = lines.Spans(*torch.tensor([[0, 1, 4, 0], [1, 0, 5, 1]]).T)
        expected = torch.stack([features[0, 1:4].mean(0), features[1].mean(0)])
        self.assertTrue(torch.allclose(pooled(features, spans), expected, atol=1e-6))

    def test_equal_vectors_have_no_loss(self):
        vectors = F.normalize(torch.randn(6, 8), dim=-1)
        for loss in likeness(vectors, vectors):
            self.assertAlmostEqual(float(loss), 0, places=5)
        self.assertGreater(float(likeness(vectors, vectors.roll(1, 0))[0]), 0.1)


class TeachingTest(unittest.TestCase):
    def test_a_student_learns_and_resumes(self):
        torch.manual_seed(0)
        torch.set_num_threads(1)
        found, rng = tiny_corpus(), np.random.default_rng(0)
        tokenizer = Tokenizer.load(fixture.FOLDER / "tokenizer.json")
        counts = [len(tokenizer.units(text)) for text in found.sentences]
        known = lambda count, width: (rng.normal(size=(count, 6)) @ rng.normal(size=(6, width))).astype(np.float16)
        lessons = Lessons(known(len(found.phrases), WIDTH), known(len(found.sentences), WIDTH), known(sum(counts), WORD_AXES),
                          np.concatenate([[0], np.cumsum(counts)]))
        phrases = lines.of_phrases(found, tokenizer, 16)
        sentences, words = lines.of_sentences(found, tokenizer, lessons, 16)
        compositions = lines.of_compositions(found, tokenizer, 50, 16, random.Random(0))
        pupil = Pupil(phrases, np.ones(len(phrases)), sentences, words, compositions, lessons.phrases,
                      lessons.sentences, lessons.words)
        teaching = Teaching(Student(SHAPE), pupil, 16, 24, torch.device("cpu"))
        before = teaching.losses(True)["alone"].item()
        for _ in range(250):
            losses = teaching.advance(0)
        self.assertLess(losses["alone"].item(), 0.8 * before)
        self.assertGreater(losses["accuracy"].item(), 0.9)
        linear = Teaching(Student(SHAPE), pupil, 16, 24, torch.device("cpu"))
        begin_linear(linear.student, [(phrases, pupil.phrase_targets), (sentences, pupil.sentence_targets)])
        self.assertLess(linear.losses(True)["alone"].item(), 0.7 * before)
        with tempfile.TemporaryDirectory() as folder:
            state, log = Path(folder) / "state.pt", Path(folder) / "log.jsonl"
            teaching.run(0.05, state, log)
            again = Teaching(Student(SHAPE), pupil, 16, 24, torch.device("cpu"))
            again.run(0.05, state, log)
            self.assertEqual(again.step, teaching.step)
            for name, value in again.student.state_dict().items():
                self.assertTrue(torch.equal(value, teaching.student.state_dict()[name]), name)


if __name__ == "__main__":
    unittest.main()
