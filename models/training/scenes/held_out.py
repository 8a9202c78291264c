"""What training never shows, so that the evaluation can ask for it.

Combinations are held out by a hash, one in eight; synonyms and words to letter by the lists of `held_out.json`.
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
