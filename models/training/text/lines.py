"""Texts as arrays for batching: all ids in one array, and spans of tokens with their targets."""
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from text import corpus as corpora


class Spans(NamedTuple):
    """Spans of a batch: tokens first … last − 1 of text `row` have target number `target`; each int64 [S]."""
    row: torch.Tensor
    first: torch.Tensor
    last: torch.Tensor
    target: torch.Tensor


class Lines:
    def __init__(self, texts, spans):
        """texts: tuples of ids; spans: for each text a list of (first, last, target)."""
        flat = lambda lists, width: np.array([x for items in lists for x in items], np.int64).reshape(-1, *width)
        begins = lambda lists: np.concatenate([[0], np.cumsum([len(items) for items in lists])]).astype(np.int64)
        self.ids, self.starts = flat(texts, ()), begins(texts)
        self.spans, self.span_starts = flat(spans, (3,)), begins(spans)
        self.lengths = np.diff(self.starts)

    def __len__(self):
        return len(self.lengths)

    def batch(self, chosen, length):
        """Tokens [B, length] and Spans of the chosen texts, which must not be longer."""
        tokens = np.zeros((len(chosen), length), np.int64)
        row, place = ragged(self.lengths[chosen])
        tokens[row, place] = self.ids[self.starts[chosen][row] + place]
        row, place = ragged(self.span_starts[chosen + 1] - self.span_starts[chosen])
        spans = self.spans[self.span_starts[chosen][row] + place]
        return torch.from_numpy(tokens), Spans(torch.from_numpy(row), *torch.from_numpy(spans).unbind(1))


def ragged(lengths):
    """The row and the position of each element of rows with these lengths."""
    row = np.repeat(np.arange(len(lengths)), lengths)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def of_phrases(corpus, tokenizer, length):
    """All phrases that are short enough, each with a span over the whole."""
    texts = {i: ids for i, phrase in enumerate(corpus.phrases) if 0 < len(ids := tokenizer.encode(phrase)) <= length}
    return Lines(list(texts.values()), [[(0, len(ids), i)] for i, ids in texts.items()])


def of_sentences(corpus, tokenizer, lessons, length):
    """Two sets of lines of the same sentences: with a span over the whole, and with a span per word."""
    texts, whole, words = [], [], []
    for i, sentence in enumerate(corpus.sentences):
        pieces = [tokenizer.ids_of_unit(unit) for unit in tokenizer.units(sentence)]
        ends = np.cumsum([len(piece) for piece in pieces])
        if len(pieces) == 0 or ends[-1] > length:
            continue
        texts.append(tuple(token for piece in pieces for token in piece))
        whole.append([(0, ends[-1], i)])
        words.append([(end - len(piece), end, lessons.starts[i] + k) for k, (end, piece) in enumerate(zip(ends, pieces))])
    return Lines(texts, whole), Lines(texts, words)


def of_compositions(corpus, tokenizer, count, length, rng):
    """Captions composed of phrases; each phrase's span has the target of the phrase alone."""
    index = {phrase: i for i, phrase in enumerate(corpus.phrases)}
    encoded = lru_cache(None)(tokenizer.encode)
    texts, spans = [], []
    while len(texts) < count:
        ids, found = [], []
        for words, phrase in corpora.compose(corpus, index, rng):
            begin = len(ids)
            ids += encoded(words)
            if phrase is not None:
                found.append((begin, len(ids), phrase))
        if len(ids) <= length and found:
            texts.append(ids)
            spans.append(found)
    return Lines(texts, spans)
