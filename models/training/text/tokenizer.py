"""Byte-pair encoding with a vocabulary of its own. There are two implementations: this one uses HF `tokenizers`,
`models/src/tokenizer/` has no dependency. Both follow this text; `models/tests/fixtures/tokenizer/` tests for equal ids.

A prompt is converted to ids in six steps:

1. Only the first 4096 characters are read.
2. Normalization: NFKC; each character is lowercased by itself; invisible characters (soft hyphen, zero-width
   characters, variation selectors) are removed; typographic quotation marks, apostrophes and dashes become `"`, `'`
   and `-`.
3. Lettering: between a `"` and the next one, each character is a word, and white space becomes one `_`:
   `"Big cat"` reads b i g _ c a t. An unpaired `"` has no effect.
4. Words: white space separates words; each digit and each ASCII punctuation mark is a word; a run of Latin letters
   (a to z, ß to ö, ø to ÿ, U+0100 to U+017F) is a word, and so is a run of any other characters.
5. Pieces: a word starts as its characters, all but the first with the prefix `##`. Characters outside the vocabulary
   become [UNK], adjacent ones a single [UNK]. Then the adjacent pair with the best merge rank, the leftmost among
   equals, is merged until no pair can be merged. A word of more than 64 characters is one [UNK]. If the file sets
   `ignore_merges`, a word that is in the vocabulary is that piece.
6. Names: the file's `names` maps phrases, which are words joined by single spaces, to ids. Read from the left, the
   longest phrase that begins at a word and is in this table becomes its ids instead of its words' pieces.

The file is a HF `tokenizer.json` of kind BPE that specifies everything except both length limits and steps 3 and 6.
[PAD] is id 0, [UNK] id 1; then follow the single characters and the merges by rank.
"""
import json
import re
import string
from collections import Counter
from functools import lru_cache
from pathlib import Path

import torch
from tokenizers import Regex, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Engine

from text import bpe
from text.bpe import PREFIX

PAD, UNK = 0, 1
PROMPT_MAX, WORD_MAX = 4096, 64  # characters
ACCENTED = "ßàáâãäåæçèéêëìíîïñòóôõöøùúûüýąćčęěğıłńňőœřśşšťůűźżž"
ALPHABET = string.ascii_lowercase + string.digits + string.punctuation + ACCENTED

LETTERS = "a-zß-öø-ÿĀ-ſ"
ALONE = r"0-9!-/:-@\[-`{-~"  # digits and ASCII punctuation
WHITE = r"[^\S\x1c-\x1f]"  # Unicode's White_Space; Python's \s has four more separators
REPLACED = [(r"[\u00AD\u200B-\u200F\u2060\uFE00-\uFE0F\uFEFF]", ""), ("[“”„‟«»]", '"'), ("[‘’‚‛ʼ′]", "'"),
            ("[‐‒–—―−]", "-")]

_QUOTED = re.compile('"([^"]*)"')
_WHITE_RUN = re.compile(f"{WHITE}+")
_OTHER = rf"(?:(?!{WHITE})[^{LETTERS}{ALONE}])"
_TOO_LONG = re.compile(f"[{LETTERS}]{{{WORD_MAX + 1},}}|{_OTHER}{{{WORD_MAX + 1},}}")
_KNOWN = re.compile(f"[{re.escape(ALPHABET)}]{{1,{WORD_MAX}}}")
_UNIT = re.compile(f"[0-9{LETTERS}]+|[{ALONE}]|{_OTHER}+")


def spell(text):
    """Step 3 on normalized text: spaces between the characters within double quotes."""
    return _QUOTED.sub(lambda match: f'"{" ".join(_WHITE_RUN.sub("_", match[1]))}"', text)


def _normalizer():
    return normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(),
                                 *(normalizers.Replace(Regex(pattern), to) for pattern, to in REPLACED)])


def _splitter():
    return pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(),
                                    pre_tokenizers.Split(Regex(f"[{ALONE}]"), "isolated"),
                                    pre_tokenizers.Split(Regex(f"[{LETTERS}]+"), "isolated")])


class Tokenizer:
    """`encode(caption)` -> ids; `encode_batch(captions, length)` -> LongTensor padded with 0."""

    def __init__(self, engine, names=None):
        """names: phrase → ids, see step 6."""
        self.engine = Engine.from_str(engine.to_str())
        self.names = names or {}
        self.words_max = max((phrase.count(" ") + 1 for phrase in self.names), default=0)
        self.normalizer = self.engine.normalizer
        self.engine.normalizer = normalizers.Sequence([])  # normalization is applied once, before step 3
        self.pieces = self.engine.get_vocab_size()  # ids from here on are names
        self.size = max([self.pieces - 1, *(max(ids) for ids in self.names.values())]) + 1  # rows of a table
        self.ids_of_unit = lru_cache(1 << 20)(self._ids_of_unit)

    @classmethod
    def load(cls, path):
        return cls.read(Path(path).read_text())

    @classmethod
    def read(cls, file):
        """A tokenizer from a file's text."""
        state = json.loads(file)
        names = state.pop("names", {})
        return cls(Engine.from_str(json.dumps(state)), names)

    @classmethod
    def train(cls, weighted_texts, vocab):
        """A tokenizer of at most `vocab` ids from pairs (text, weight)."""
        normalizer, splitter = _normalizer(), _splitter()
        words = Counter()
        for text, times in weighted_texts:
            for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text)):
                if _KNOWN.fullmatch(word):
                    words[word] += times
        inner = [c for c in ALPHABET if c.isalpha()]  # other characters are words, so they are never inside one
        single = ["[PAD]", "[UNK]", *ALPHABET, *(PREFIX + c for c in inner)]
        merges = bpe.learn(dict(sorted(words.items())), single, vocab)
        pieces = list(dict.fromkeys([*single, *(bpe.joined(*pair) for pair in merges)]))
        engine = Engine(models.BPE({piece: i for i, piece in enumerate(pieces)}, merges, unk_token="[UNK]",
                                   fuse_unk=True, continuing_subword_prefix=PREFIX))
        engine.normalizer, engine.pre_tokenizer = normalizer, splitter
        return cls(engine)

    def save(self, path):
        state = json.loads(self.engine.to_str())
        state["normalizer"] = json.loads(self.normalizer.__getstate__())
        state |= {"names": self.names} if self.names else {}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(state, ensure_ascii=False, separators=(",", ":")) + "\n")

    def normalize(self, text):
        """Steps 1 to 3."""
        return spell(self.normalizer.normalize_str(text[:PROMPT_MAX]))

    def encode(self, caption):
        text = _TOO_LONG.sub(" \uFFFF ", self.normalize(caption))
        encoding = self.engine.encode(text)
        if not self.names:
            return encoding.ids
        words = []  # [word, ids]
        for ids, place, (start, end), before in zip(encoding.ids, encoding.word_ids, encoding.offsets, [None, *encoding.word_ids]):
            if place == before:
                words[-1][0] += text[start:end]
                words[-1][1].append(ids)
            else:
                words.append([text[start:end], [ids]])
        return self._named(words)

    def _named(self, words):
        """Step 6 on pairs (word, ids)."""
        out, place = [], 0
        while place < len(words):
            for count in range(min(self.words_max, len(words) - place), 0, -1):
                ids = self.names.get(" ".join(word for word, _ in words[place : place + count]))
                if ids:
                    break
            out += ids or words[place][1]
            place += count
        return out

    def phrase(self, text):
        """A text's words joined by single spaces, as keys of `names` are."""
        return " ".join(word for word, _ in self.engine.pre_tokenizer.pre_tokenize_str(self.normalize(text)))

    def encode_batch(self, captions, length):
        return pad([self.encode(caption) for caption in captions], length)

    def units(self, text):
        """Words as the teacher defines them: runs of letters and digits, single punctuation marks. Without names, the
        ids of a text are the concatenated ids of its units."""
        return _UNIT.findall(self.normalize(text))

    def _ids_of_unit(self, unit):
        return tuple(self.engine.encode(_TOO_LONG.sub("\uFFFF", unit)).ids)


def pad(rows, length):
    """Lists of ids -> LongTensor [rows, length], truncated or padded with 0."""
    tokens = torch.full((len(rows), length), PAD)
    for i, ids in enumerate(rows):
        tokens[i, :len(ids)] = torch.tensor(ids[:length], dtype=torch.long)
    return tokens

