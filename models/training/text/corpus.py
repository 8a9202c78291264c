"""The text encoder's training corpus.

- phrases: names of things, subjects of drawings, adjectives, verbs: a few words with one meaning;
- sentences: definitions and examples from WordNet, and captions of scenes;
- compositions, drawn anew each time: captions composed of phrases, each of which keeps its meaning.

Held-out synonyms are in no caption and no composition. They are among the fifty thousand phrases, as in any dictionary,
which is how the encoder can learn words that no caption contains.
"""
import random
import re
import zlib
from typing import NamedTuple

STYLES = ["3d", "glossy 3d", "flat", "flat vector", "cartoon", "soft cartoon", "bold", "classic", "simple", "minimal",
          "hand-drawn", "outlined", "glossy", "realistic", "tiny", "big", "small", "cute", "happy", "sad", "old", "new"]
COLORS = ["white", "black", "gray", "red", "orange", "yellow", "lime", "green", "teal", "sky blue", "blue", "navy",
          "purple", "lavender", "pink", "brown", "beige", "mint", "turquoise", "gold", "silver", "maroon", "violet",
          "cream", "dark blue", "light green", "crimson", "azure", "scarlet"]
GROUNDS = ["transparent background", "gradient", "striped pattern", "dotted pattern", "night sky", "sky", "landscape",
           "meadow", "beach", "mountains", "desert", "snow", "forest", "sunset", "starry night", "hills", "sea"]
COUNTS = ["one", "two", "three", "four", "five", "six", "2", "3", "4", "a pair of", "several", "a few", "many", "a dozen"]
RELATIONS = ["and", "and", "with", "next to", "beside", "to the left of", "to the right of", "left of", "right of",
             "above", "over", "on top of", "below", "under", "beneath", "in front of", "behind", "near"]
OPENINGS = ["", "", "", "a picture of", "an image of", "draw", "a drawing of", "an icon of", "an emoji of", "i want",
            "a photo of", "please make", "a sticker of", "show me"]
SENTENCE_WORDS_MAX = 20
USUAL_THING = 2.0  # weight of a phrase that names a common thing
NOUN_TIMES = 200  # weight of a common noun when pieces of words are learnt


class Corpus(NamedTuple):
    phrases: list[str]
    weights: list[float]  # relative sampling weight of each phrase
    things: list[int]  # indices of the phrases that compositions may use
    sentences: list[str]
    captions: int  # the number of captions, which are the first sentences


def held_out_sentence(text):
    """Whether a sentence is held out for measurement: one in fifty."""
    return zlib.crc32(text.encode()) % 50 == 0


def plural(noun):
    if re.search(r"([sxz]|ch|sh)$", noun):
        return noun + "es"
    return noun[:-1] + "ies" if re.search(r"[^aeiou]y$", noun) else noun + "s"


def gather(rows, captions, synsets, common, held_out, sentences=100_000, seed=0):
    """rows: drawings; captions: of scenes; common(word) -> bool; held_out: the set of synonyms that no caption contains."""
    rng = random.Random(seed)
    weight = {}

    def add(phrase, value):
        phrase = " ".join(phrase.lower().split())
        if phrase:
            weight[phrase] = max(weight.get(phrase, 0), value)
        return phrase

    things = {add(name, 4) for row in rows for name in (row["subject"], row["name"], *row["synonyms"])
              if name.lower() not in held_out}
    for row in rows:
        for tag in row["tags"]:
            add(tag, 1)
    for synset in synsets:
        for lemma in synset.lemmas:
            usual = all(common(word) for word in lemma.replace("-", " ").replace("'", " ").split())
            if synset.depicted:
                add(lemma, USUAL_THING if usual else 0.4)
                if usual and lemma not in held_out:
                    things.add(lemma)
            elif usual:
                add(lemma, 1 if synset.part == "adj" else 0.5)
            if synset.depicted and usual and " " not in lemma:
                add(plural(lemma), 0.5)
    for part in (*STYLES, *COLORS, *GROUNDS, *COUNTS):
        add(part, 4)
    phrases = sorted(weight)
    index = {phrase: i for i, phrase in enumerate(phrases)}
    told = sorted({text for synset in synsets for text in explained(synset, common, rng)})
    rng.shuffle(told)
    captions = list(dict.fromkeys(caption.lower() for caption in captions))
    return Corpus(phrases, [weight[phrase] for phrase in phrases], sorted(index[thing] for thing in things),
                  captions + told[:sentences], len(captions))


def said(synset):
    """A synset's definition and examples, as sentences that are short enough for the encoder."""
    texts = [synset.meaning.split(";")[0].strip(), *synset.examples]
    return [text.lower() for text in texts if 2 < len(text.split()) <= SENTENCE_WORDS_MAX and text.isprintable()]


def explained(synset, common, rng):
    """`said` without held-out sentences, and with the names of things that can be drawn."""
    texts = [text for text in said(synset) if not held_out_sentence(text)]
    usual = [lemma for lemma in synset.lemmas if all(common(word) for word in lemma.split())]
    if usual and synset.depicted:
        texts = [f"{rng.choice(usual)}: {text}" if rng.random() < 0.5 else text for text in texts]
        if len(synset.lemmas) > 1:
            texts.append(", ".join(synset.lemmas[:4]))
    return texts


def compose(corpus, index, rng):
    """A caption as a list of (words, index of their phrase or None); `index`: the position of each of corpus.phrases."""
    choose = rng.choice

    def noun(counted=True):
        name = corpus.phrases[choose(corpus.things)]
        look = [(choose(STYLES), True)] if rng.random() < 0.5 else []
        look += [(choose(COLORS), True)] if rng.random() < 0.2 else []
        if counted and rng.random() < 0.25:
            return [(choose(COUNTS), True), *look, (plural(name) if " " not in name else name, True)]
        article = choose(["", "a" if (look or [(name,)])[0][0][0] not in "aeiou" else "an", "the"])
        return [(article, False), *look, (name, True)]

    parts = [(choose(OPENINGS), False), *noun()]
    if rng.random() < 0.4:
        parts += [(choose(RELATIONS), False), *noun(counted=False)]
    if rng.random() < 0.1:
        style = choose(STYLES)
        parts += [("in", False), (style, True), ("style", False)]
    ground = rng.random()
    if ground < 0.4:
        parts += [(choose(["on a", ",", "on", "with a"]), False), (choose(COLORS), True),
                  (choose(["background", "background", ""]), False)]
    elif ground < 0.55:
        parts += [(choose(["on a", ",", "with a", "in the", "at the"]), False), (choose(GROUNDS), True)]
    return [(words, index.get(words) if marked else None) for words, marked in parts if words]


def weighted(corpus, rows, held_out):
    """Pairs (text, weight) for learning word pieces: names of drawings and the words around them in captions, common nouns,
    then every other word, weighted by its use in the dictionary.

    A noun that is one piece starts with the teacher's meaning (`student.begin_linear`); one of several pieces has to be
    learnt. Common nouns therefore have a large weight, whether they are held out or not.
    """
    yield from ((text, 30) for row in rows for text in {row["subject"], row["name"], *row["synonyms"]}
               if text.lower() not in held_out)
    yield from ((tag, 4) for row in rows for tag in row["tags"])
    yield from ((text, 400) for text in (*STYLES, *COLORS, *GROUNDS, *COUNTS, *RELATIONS, *OPENINGS))
    yield from ((phrase, NOUN_TIMES) for phrase, weight in zip(corpus.phrases, corpus.weights)
                if weight >= USUAL_THING and " " not in phrase)
    yield from ((phrase, int(2 * weight)) for phrase, weight in zip(corpus.phrases, corpus.weights) if weight >= 0.5)
    yield from ((sentence, 3 if i < corpus.captions else 1) for i, sentence in enumerate(corpus.sentences))
