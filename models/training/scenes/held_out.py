"""Combinations and synonyms that training never shows, so that the evaluation can ask for them.

A hash holds out one in 64 combinations of subject and look, and one in eight of subject and colour. `held_out.json` lists the
synonyms.
"""
import json
import zlib
from pathlib import Path

_LISTS = json.loads((Path(__file__).parent / "held_out.json").read_text(encoding="utf-8"))
SYNONYMS = {subject: frozenset(words) for subject, words in _LISTS["synonyms"].items()}
HIDDEN_NAMES = frozenset(word for words in SYNONYMS.values() for word in words)
LOOKS_PART, COLOURS_PART = 64, 8


def _number(*words):
    return zlib.crc32("|".join(words).encode())


def look_held_out(subject, look):
    return _number(subject, look) % LOOKS_PART == 0


def colour_held_out(subject, colour):
    return _number(subject, colour) % COLOURS_PART == 0
