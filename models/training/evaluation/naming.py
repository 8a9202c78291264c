"""Whether a person's free answer names the thing that was asked for.

Answers are compared by their head: "a small brown dog with a hat" is a dog, "a hot dog" is not. The head is the longest known
name that ends the noun phrase; it must be one of the names accepted beforehand. Of several answers ("fox or dog") the first
counts.
"""
import re

from scenes import nouns

ARTICLES = re.compile(r"^(?:a|an|the|some|one|two|my|maybe|probably|looks like|kind of|sort of|possibly)\s+")
ALTERNATIVES = re.compile(r"\s*(?:,|;|/|\(|\?|\bor\b|\bmaybe\b)\s*")
AFTER = re.compile(r"\s(?:with|without|on|in|at|by|from|and|that|which|next|\w{3,}ing)\s.*$")
PART = re.compile(r"\sof\s.*$")
UNKNOWN = frozenset(("", "?", "-", "nothing", "unknown", "mush", "no idea", "don't know", "blob"))


def plain(text):
    """Lower case, single spaces, no article, hyphens as spaces."""
    text = re.sub(r"[^a-z0-9' ]+", " ", text.lower().replace("-", " ").replace("’", "'"))
    text = re.sub(r"\s+", " ", text).strip()
    while (shorter := ARTICLES.sub("", text)) != text:
        text = shorter
    return text


def first(answer):
    """The first of an answer's alternatives, plain."""
    return next((plain(part) for part in ALTERNATIVES.split(answer) if plain(part)), "")


def singular(names):
    """The names, and their plurals, plain → the name."""
    return {plain(form): name for name in names for form in (nouns.plural(name), name)}


def heads(answer, known):
    """The names that an answer may mean: the longest of the `known` ones (from `singular`) that ends all of it, and the one that
    ends it without what follows "with" and the like, or else its last word. The first begins before "with": a heart with an
    arrow may be known, but a snowman with a scarf is no scarf."""
    text = first(answer)
    shorter = AFTER.sub("", text)
    words, found = text.split(), []
    ends = [" ".join(words[start:]) for start in range(len(shorter.split()))]
    found += [known[end] for end in ends if end in known][:1]
    for phrase in (shorter, PART.sub("", shorter)):
        parts = phrase.split()
        ends = [" ".join(parts[start:]) for start in range(len(parts))]
        if named := [known[end] for end in ends if end in known]:
            return [*found, named[0]]
    return found + shorter.split()[-1:]


def counts(answer, accepted, names):
    """Whether an answer is one of the accepted names; `names`: all that are known, so that a hot dog is no dog."""
    if first(answer) in UNKNOWN:
        return False
    known = singular(names) | singular(accepted)
    return any(name in accepted for name in heads(answer, known))
