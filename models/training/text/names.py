"""Matches dictionary words with the names of things that a network can draw.

A network knows its subjects by their names in captions. For every other noun that denotes something drawable, the nearest
of these names is found by MiniLM's embeddings of the word and of its WordNet definition; the embedding of a rare word
alone mostly reflects its spelling. A relation in WordNet (synonym or kind) adds to the similarity. Names of several words
(*race car*) are taken only if WordNet says that they are another name of the thing.
"""
import re
from typing import NamedTuple

NEAR, VERY_NEAR = 0.55, 0.6  # smallest mean cosine to accept a common word, and any other word
SAME_THING, KIND_OF = 0.25, 0.2  # bonus to the cosine for a relation in the dictionary
STEPS_UP = 5  # maximum number of steps from a thing to its kind
ONE_WORD, SOME_WORDS = re.compile("[a-z]{3,}"), re.compile("[a-z]{2,}( [a-z]{2,}){1,2}")


class Word(NamedTuple):
    text: str
    name: str  # a name that the network knows


def find(names, taken, synsets, embed, common):
    """Dictionary words, each with a name that is near enough. Rare words must be nearer, unless dictionary and embedding
    agree.

    names: of the things that the network draws well; taken: words that captions use; embed(texts) -> unit vectors [T, 384];
    common(word) -> bool.
    """
    place = {name: k for k, name in enumerate(names)}
    senses, by_key = {}, {synset.key: synset for synset in synsets if synset.part == "noun"}
    for synset in by_key.values():
        for lemma in synset.lemmas if synset.depicted else ():
            if lemma not in senses or synset.uses > senses[lemma].uses:
                senses[lemma] = synset
    # People are never drawn as things or animals, even if the embeddings are similar.
    words = [word for word, sense in senses.items() if not (sense.human or word in place or word in taken)
             and (ONE_WORD.fullmatch(word) or _is_another_name(word, sense, place, taken))]
    likeness = (embed(words) + embed([f"{word}: {senses[word].meaning.split(';')[0]}" for word in words])) / 2 @ embed(names).T
    explained = set()
    for row, word in enumerate(words):
        steps, found = nearest_names(senses[word], by_key, place)
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


def _is_another_name(phrase, sense, names, taken):
    """Whether words mean the same as a name. Those that begin with a caption's word, as a colour, keep its meaning."""
    return SOME_WORDS.fullmatch(phrase) and phrase.split()[0] not in taken and any(lemma in names for lemma in sense.lemmas)
