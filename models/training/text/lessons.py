"""The teacher's embeddings of all texts of the corpus, stored on disk so that each text is embedded once."""
from pathlib import Path
from typing import NamedTuple

import numpy as np

WORD_AXES = 128  # number of principal axes on which contextual embeddings of words are stored
CHUNK = 8192  # texts per write


class Lessons(NamedTuple):
    phrases: np.ndarray  # f16 [phrases, 384]
    sentences: np.ndarray  # f16 [sentences, 384]
    words: np.ndarray  # f16 [words of all sentences in order, 128]
    starts: np.ndarray  # i64 [sentences + 1]: where each sentence's words begin


class Shelf:
    """Arrays by text; every write adds a file PREFIX-NUMBER.npz."""

    def __init__(self, folder, prefix):
        self.folder, self.prefix, self.of = Path(folder), prefix, {}
        self.files = sorted(self.folder.glob(f"{prefix}-*.npz"))
        for path in self.files:
            kept = dict(np.load(path))
            self.remember(str(kept.pop("texts").tobytes(), "utf-8").split("\n"), kept)

    def remember(self, texts, arrays):
        for row, text in enumerate(texts):
            self.of[text] = (arrays, row)

    def add(self, texts, arrays):
        path = self.folder / f"{self.prefix}-{len(self.files):04}.npz"
        written = np.frombuffer("\n".join(texts).encode(), np.uint8)
        np.savez(path.with_suffix(".part.npz"), texts=written, **arrays)
        path.with_suffix(".part.npz").replace(path)
        self.files.append(path)
        self.remember(texts, arrays)


def learn(corpus, words_of, folder, open_teacher):
    """The Lessons of a corpus; `words_of(sentence)` -> the aligned words, as the tokenizer's `units`; `open_teacher()` -> the
    teacher, called only if there are new texts."""
    folder = Path(folder)
    phrases, sentences = Shelf(folder, "phrases"), Shelf(folder, "sentences")
    new_phrases = [text for text in corpus.phrases if text not in phrases.of]
    new_sentences = [text for text in dict.fromkeys(corpus.sentences) if text not in sentences.of]
    if new_phrases or new_sentences:
        print(f"the teacher embeds {len(new_phrases)} phrases and {len(new_sentences)} sentences", flush=True)
        teacher = open_teacher()
    for start in range(0, len(new_phrases), 4 * CHUNK):
        texts = new_phrases[start:start + 4 * CHUNK]
        phrases.add(texts, {"whole": teacher.embed(texts).astype(np.float16)})
    for start in range(0, len(new_sentences), CHUNK):
        texts = new_sentences[start:start + CHUNK]
        lists = [words_of(text) for text in texts]
        whole, words = teacher.embed_words(lists)
        starts = np.concatenate([[0], np.cumsum([len(words) for words in lists])])
        words = words @ axes(folder, words).T
        sentences.add(texts, {"whole": whole.astype(np.float16), "words": words.astype(np.float16), "starts": starts})
    return collect(corpus, phrases, sentences)


def axes(folder, words):
    """The principal axes [128, 384], computed from the first words and then stored."""
    path = folder / "axes.npy"
    if not path.exists():
        np.save(path, np.linalg.svd(words[:20_000] - words[:20_000].mean(0), full_matrices=False)[2][:WORD_AXES])
    return np.load(path)


def collect(corpus, phrases, sentences):
    found = [sentences.of[text] for text in corpus.sentences]
    spans = [(arrays, *arrays["starts"][row:row + 2]) for arrays, row in found]
    return Lessons(np.stack([arrays["whole"][row] for arrays, row in (phrases.of[text] for text in corpus.phrases)]),
                   np.stack([arrays["whole"][row] for arrays, row in found]),
                   np.concatenate([arrays["words"][first:last] for arrays, first, last in spans]),
                   np.concatenate([[0], np.cumsum([last - first for _, first, last in spans])]))
