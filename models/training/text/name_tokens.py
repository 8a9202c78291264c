"""Gives every name that a network can draw a token of its own, and every subject four learnt vectors.

A caption names its subject by byte pairs, several a name and shared with other names, so the table's rows hardly learn
what a thing looks like. Here a name is one token, followed by four tokens of its subject, which all of its names share.
They fill places of the text that would be padding, so a picture costs no more. Their rows begin as padding does, and the
row of a name as the mean of its pieces: a network that was trained without them draws as before, or nearly.

The tokenizer's `names` (step 6 in `tokenizer`) holds all of this, and neither the network nor the engine knows of it.
"""
import json

import torch

from scenes.nouns import plural
from text.tokenizer import Tokenizer

VECTORS = 4  # tokens of a subject
SPREAD = 0.05  # standard deviation, relative to the table's, by which the vectors of a subject differ at first


def extended(file, subjects):
    """The text of a tokenizer's file in which every name of `subjects` (subject → names) is a token; names and subjects
    that it has already keep their ids, new ones follow. A name of several subjects belongs to the first."""
    state, tokenizer = json.loads(file), Tokenizer.read(file)
    names, size = dict(tokenizer.names), tokenizer.size
    for own in subjects.values():
        phrases = [tokenizer.phrase(name) for name in own]
        vectors = next((names[phrase][1:] for phrase in phrases if phrase in names), None)
        if vectors is None:
            vectors, size = list(range(size, size + VECTORS)), size + VECTORS
        for name, phrase in zip(own, phrases):
            if phrase not in names:
                names[phrase], size = [size, *vectors], size + 1
            names.setdefault(tokenizer.phrase(plural(name)), names[phrase])
    return json.dumps(state | {"names": names}, ensure_ascii=False, separators=(",", ":")) + "\n"


def widened(file, words, around):
    """The text of a tokenizer's file in which dictionary words (`names.Word`) and their plurals are read as the names that
    they stand for. Words that captions use beside names, `around`, keep their meaning; longer names are read before words."""
    state, tokenizer = json.loads(file), Tokenizer.read(file)
    names = dict(tokenizer.names)
    for word in words:
        ids = names.get(tokenizer.phrase(word.name))
        for text in (word.text, plural(word.text)):
            if ids and text not in around:
                names.setdefault(tokenizer.phrase(text), ids)
    return json.dumps(state | {"names": names}, ensure_ascii=False, separators=(",", ":")) + "\n"


def table(rows, padding, before, after, seed=0):
    """The rows [after.size, width] of an extended tokenizer. rows [≥ before.size, width]: those of the tokenizer `before`;
    padding [width]: what the network reads in empty places."""
    rows = rows[: before.size]
    out = torch.empty(after.size, rows.shape[1])
    out[: len(rows)] = rows
    size = rows.square().mean().sqrt()
    generator = torch.Generator().manual_seed(seed)
    out[len(rows) :] = padding + SPREAD * size * torch.randn(after.size - len(rows), rows.shape[1], generator=generator)
    for phrase, (name, *_) in reversed(after.names.items()):  # of a name's phrases the first, its singular, counts
        if name >= before.size:
            pieces = rows[before.encode(phrase)]
            out[name] = pieces.mean(0) * (pieces.norm(dim=-1).mean() / pieces.mean(0).norm())
    return out
