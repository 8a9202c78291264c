"""Matches dictionary words with the names of things that a network can draw.

A network knows its subjects by their names in captions. For every other noun that denotes something drawable, the nearest
of these names is found by MiniLM's embeddings of the word and of its WordNet definition; the embedding of a rare word
alone mostly reflects its spelling. A relation in WordNet (synonym or kind) adds to the similarity. Names of several words
(*race car*) are taken only if WordNet says that they are another name of the thing. A word that names end with is one of
these things (*moon*: full moon), and so is the word for a few of them (*dinosaur*: sauropod).
"""
import re
from collections import Counter
from typing import NamedTuple

NEAR, VERY_NEAR = 0.55, 0.6  # smallest mean cosine to accept a common word, and any other word
SAME_THING, KIND_OF = 0.25, 0.2  # bonus to the cosine for a relation in the dictionary
STEPS_UP = 5  # maximum number of steps from a thing to its kind
STEPS_DOWN, FEW = 3, 4  # from a word to its kinds, and how many of them are names at most
USUAL = 0.2  # bonus to everyday things, of those whose names end with a word
BESIDE = re.compile(r"\b(?:with|without|in|on|and|point)\b")
ONE_WORD, SOME_WORDS = re.compile("[a-z]{3,}"), re.compile("[a-z]{2,}( [a-z]{2,}){1,2}")


class Spoken(NamedTuple):
    """What captions say."""
    words: set  # all of them
    around: set  # those beside names
    usual: set = frozenset()  # names of everyday things


class Word(NamedTuple):
    text: str
    name: str  # a name that the network knows


def find(names, spoken, synsets, embed, common):
    """Dictionary words, each with a name that is near enough. Rare words must be nearer, unless dictionary and embedding
    agree.

    names: of the things that the network draws well; spoken: a `Spoken`; embed(texts) -> unit vectors [T, 384];
    common(word) -> bool.
    """
    place = {name: k for k, name in enumerate(names)}
    ending = _by_last_word(names)
    nouns = _mostly_nouns(synsets)
    senses, by_key = {}, {synset.key: synset for synset in synsets if synset.part == "noun"}
    for synset in by_key.values():
        for lemma in synset.lemmas if synset.depicted else ():
            if lemma not in senses or synset.uses > senses[lemma].uses:
                senses[lemma] = synset
    # People are never drawn as things or animals, even if the embeddings are similar.
    words = [word for word, sense in senses.items() if not (sense.human or word in place or word in spoken.around)
             and (ONE_WORD.fullmatch(word) and (word not in spoken.words or word in ending and word in nouns)
                  or _is_another_name(word, sense, place, spoken.words))]
    likeness = (embed(words) + embed([f"{word}: {senses[word].meaning.split(';')[0]}" for word in words])) / 2 @ embed(names).T
    explained, below = set(), kinds_below(senses, by_key, place)
    for row, word in enumerate(words):
        if word in spoken.words and word in ending:  # any of these is near enough
            for name in ending[word]:
                likeness[row, place[name]] += 2 + USUAL * (name in spoken.usual)
            continue
        steps, found = nearest_names(senses[word], by_key, place)
        if not found and len(own := below.get(senses[word].key, ())) <= FEW:
            steps, found = 1, own
        explained.update((row, place[name]) for name in found)
        for name in found:
            likeness[row, place[name]] += KIND_OF if steps else SAME_THING
    best = likeness.argmax(1)
    return [Word(word, names[k]) for row, (word, k) in enumerate(zip(words, best))
            if likeness[row, k] >= (NEAR if common(word) or (row, k) in explained else VERY_NEAR)]


def nearest_names(synset, by_key, names):
    """The nearest named ancestors of a synset in the hierarchy of kinds, itself included: (steps, names)."""
    level, seen = [synset], set()
    for steps in range(STEPS_UP + 1):
        if found := {lemma for one in level for lemma in one.lemmas if lemma in names}:
            return steps, found
        seen |= {one.key for one in level}
        level = [by_key[key] for one in level for key in one.broader if key in by_key and key not in seen]
    return 0, set()


def kinds_below(senses, by_key, names):
    """Key of a synset → the names of its kinds, up to STEPS_DOWN steps below it."""
    out = {}
    for name in sorted(names.keys() & senses.keys()):
        level, seen = {senses[name].key}, set()
        for _ in range(STEPS_DOWN):
            seen |= level
            level = {key for one in level for key in by_key[one].broader if key in by_key and key not in seen}
            for key in level:
                out.setdefault(key, set()).add(name)
    return out


def _by_last_word(names):
    """A word → the names of several words that end with it, but for those in which it is not the thing ("girl with a pearl")."""
    out = {}
    for name in names:
        if " " in name and not BESIDE.search(name):
            out.setdefault(name.split()[-1], []).append(name)
    return out


def _mostly_nouns(synsets):
    """Words that are used as nouns in at least a quarter of all cases: a phone is, "right" is not."""
    uses = Counter()
    for synset in synsets:
        for lemma in synset.lemmas:
            uses[lemma] += 3 * synset.uses if synset.part == "noun" else -synset.uses
    return {word for word, count in uses.items() if count >= 0}


def _is_another_name(phrase, sense, names, taken):
    """Whether words mean the same as a name. Those that begin with a caption's word, as a colour, keep its meaning."""
    return SOME_WORDS.fullmatch(phrase) and phrase.split()[0] not in taken and any(lemma in names for lemma in sense.lemmas)
