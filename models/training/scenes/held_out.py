"""Combinations, synonyms and words that training never shows, so that the evaluation can use them.

A hash holds out one in eight combinations; `held_out.json` lists the synonyms and the words for lettering.
"""
import json
import zlib
from pathlib import Path

_LISTS = json.loads((Path(__file__).parent / "held_out.json").read_text(encoding="utf-8"))
SYNONYMS = {subject: frozenset(words) for subject, words in _LISTS["synonyms"].items()}
HIDDEN_NAMES = frozenset(word for words in SYNONYMS.values() for word in words)
LETTERS = frozenset(_LISTS["letters"])


def held_out(*words):
    """Whether a combination is held out: (subject, style), (subject, background colour), sorted (subject, subject)."""
    return zlib.crc32("|".join(words).encode()) % 8 == 0
