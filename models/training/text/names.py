"""What words of the dictionary call which of the things that a network can draw.

A network knows its subjects by the names that captions gave them. Of every other noun of something that can be drawn,
MiniLM tells which of those names is the nearest, from the word and from what WordNet says that it means: of rare words
alone it sees the spelling. That WordNet counts one as another name of the other, or as a kind of it, is a reason more.
Not so for the synonyms that the evaluation holds out: what becomes of them hangs on what MiniLM makes of word and
definition alone.
"""
import re
from typing import NamedTuple

NEAR, VERY_NEAR = 0.55, 0.6  # mean cosine from which a common word, and any other, is taken for a name
SAME_THING, KIND_OF = 0.25, 0.2  # what a dictionary's opinion adds to a cosine
STEPS_UP = 5  # at most, from a thing to what it is a kind of
ONE_WORD = re.compile("[a-z]{3,}")


class Word(NamedTuple):
    text: str
    name: str  # that the network knows


def find(names, taken, synsets, embed, common, held_out):
    """Words of the dictionary, each with a name for it that is near enough. Rare words must be nearer, unless dictionary
    and embedding agree.

    names: the network's, of what it draws well; taken: words that captions use; embed(texts) -> unit vectors [T, 384];
    common(word) -> bool; held_out: synonyms that no caption says.
    """
    place = {name: k for k, name in enumerate(names)}
    senses, by_key = {}, {synset.key: synset for synset in synsets if synset.part == "noun"}
    for synset in by_key.values():
        for lemma in synset.lemmas if synset.depicted else ():
            if lemma not in senses or synset.uses > senses[lemma].uses:
                senses[lemma] = synset
    # Nobody is drawn as a thing or an animal, whatever an embedding finds alike.
    words = [word for word, sense in senses.items() if ONE_WORD.fullmatch(word) and not (sense.human or word in place or word in taken)]
    likeness = (embed(words) + embed([f"{word}: {senses[word].meaning.split(';')[0]}" for word in words])) / 2 @ embed(names).T
    explained = set()
    for row, word in enumerate(words):
        if word not in held_out:
            steps, found = nearest_names(senses[word], by_key, place)
            explained.update((row, place[name]) for name in found)
            for name in found:
                likeness[row, place[name]] += KIND_OF if steps else SAME_THING
    best = likeness.argmax(1)
    return [Word(word, names[k]) for row, (word, k) in enumerate(zip(words, best))
            if likeness[row, k] >= (NEAR if common(word) or (row, k) in explained else VERY_NEAR)]


def nearest_names(synset, by_key, names):
    """Of the things that a synset is a kind of, itself first, those nearest to it that have a name: steps, names."""
    level, seen = [synset], set()
    for steps in range(STEPS_UP + 1):
        if found := {lemma for one in level for lemma in one.lemmas if lemma in names}:
            return steps, found
        seen |= {one.key for one in level}
        level = [by_key[key] for one in level for key in one.broader if key in by_key and key not in seen]
    return 0, set()
