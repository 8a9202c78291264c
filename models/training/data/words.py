"""Other names of each subject: synonyms, which mean no other subject, and tags, which are loosely related words.

A name that two subjects claim, or that is itself a subject, is a tag. Hand-written everyday names take precedence: "car"
is an automobile, even if other subjects claim it.
"""
import json
import re
from collections import defaultdict
from pathlib import Path

from .emoji import key, plain

SIDES = re.compile(r"\b(left|right)")  # names of merged mirror images are not synonyms
PHRASE = re.compile(r"[a-z][a-z' -]*[a-z]")
MAX_WORDS = 6
# Unicode calls filled shapes black and outlined ones white, whatever colour they are drawn in
GLYPH_WORDS = re.compile(r"^(black|white|heavy|squared|circled|negative)\b")
# shortcodes of chat programs that are not English, or rude
NO_NAMES = re.compile(r"\b(hankey|poop|shit|fu|middle finger|reversed|facepunch|punch|satisfied|squirrel|collision symbol|emoji|"
                      r"symbol for|sign of|plus1|thumbsup|thumbsdown|facing right|skin tone|with dark|with light|btn|"
                      r"couplekiss|android|iphone|mw|ww|mm|[mwgb]{2,4}|male|female|bride with veil)\b")


def everyday(path=None):
    """{subject: hand-written synonyms}, for the small model's subjects."""
    table = json.loads(Path(path or Path(__file__).parent / "everyday.json").read_text(encoding="utf-8"))
    return table["subjects"]


def is_name(text):
    """Whether a phrase is a name that somebody might type."""
    return (bool(PHRASE.fullmatch(text)) and len(text.split()) <= MAX_WORDS and not GLYPH_WORDS.search(text)
            and not NO_NAMES.search(text) and max(map(len, text.split())) <= 14)


def attach(rows, claims, tags_of, by_hand):
    """Sets `synonyms` and `tags`.

    rows: dicts with subject and name; claims: {subject: names from dictionaries, most trusted first}; tags_of: {subject:
    loosely related words}; by_hand: {subject: names}, used unchanged.
    """
    subjects = {row["subject"] for row in rows}
    owner = {key(name): subject for subject, names in by_hand.items() for name in names}
    owner.update({key(subject): subject for subject in subjects})
    candidates = {subject: dict.fromkeys(names) for subject, names in claims.items() if subject in subjects}
    for row in rows:
        if " with " not in row["name"] or "skin" not in row["name"]:
            candidates.setdefault(row["subject"], {}).setdefault(row["name"])
    claimed = defaultdict(set)
    for subject, names in candidates.items():
        for name in names:
            claimed[key(name)].add(subject)

    synonyms, extra_tags = {}, defaultdict(dict)
    for subject in subjects:
        kept = list(dict.fromkeys(by_hand.get(subject, ())))
        known = {key(name) for name in kept}
        for name in map(plain, candidates.get(subject, ())):
            if not is_name(name) or key(name) == key(subject) or SIDES.findall(name) != SIDES.findall(subject):
                continue
            if owner.get(key(name), subject) != subject or len(claimed[key(name)]) > 1 and owner.get(key(name)) != subject:
                extra_tags[subject][name] = None
            elif key(name) not in known:
                known.add(key(name))
                kept.append(name)
        synonyms[subject] = kept
    for row in rows:
        exact = {key(name) for name in synonyms[row["subject"]]} | {key(row["subject"])}
        loose = dict.fromkeys(tag for tag in [*tags_of.get(row["subject"], ()), *extra_tags[row["subject"]]]
                              if re.fullmatch(r"[a-z][a-z' -]{2,}", tag) and key(tag) not in exact)
        row["synonyms"], row["tags"] = synonyms[row["subject"]], list(loose)
    return rows
