"""Captions of one thing: half of them canonical, as the scene room writes them, the others as people type.

A caption depends on its arguments and the random numbers alone, and uses as many of these for every look and colour. So two
captions from equal seeds differ only in what is told differently.
"""
from scenes import nouns
from scenes.words import COLOUR_WORDS, look_words

_MOODS = ("cute", "nice", "lovely", "beautiful", "funny", "cool", "pretty", "little")
_REQUESTS = ("draw {}", "draw me {}", "please draw {}", "i want {}", "show me {}", "make {}", "create {}", "generate {}")
_KINDS = ("{} sticker", "{} icon", "{} emoji", "{} clipart", "{} drawing", "picture of {}", "drawing of {}", "an icon of {}", "illustration of {}",
          "sticker of {}")


def canonical(name, look, colour):
    """`a red 3d house`; look and colour may be None."""
    text = " ".join(word for word in (colour, look, name) if word)
    return text if nouns.bare(name) else f"{nouns.article(text)} {text}"


def free(name, look, colour, rng):
    """Another form that people might type; look and colour may be None."""
    numbers = [rng.random() for _ in range(9)]
    pick = lambda k, options: options[int(numbers[k] * len(options))]
    hue = pick(0, COLOUR_WORDS[colour]) if colour else ""
    adjectives, media = look_words(look) if look else (("",), ("",))
    adjective, medium = pick(1, adjectives), pick(2, media)
    mood = pick(3, _MOODS) if numbers[4] < 0.08 else ""
    articled = numbers[5] < 0.45 and not nouns.bare(name)
    where = numbers[6] if look else 1.0  # where the look is said

    def thing(*words):
        text = " ".join(word for word in (*words, name) if word)
        return f"{nouns.article(text)} {text}" if articled else text

    if where < 0.4:
        text = thing(mood, adjective, hue) if numbers[7] < 0.5 else thing(mood, hue, adjective)
    elif where < 0.6:
        text = f"{medium} of {thing(mood, hue)}"
        text = f"{nouns.article(medium)} {text}" if numbers[7] < 0.4 else text
    elif where < 0.75:
        text = f"{thing(mood, hue)}, {adjective}" if numbers[7] < 0.6 else f"{thing(mood, hue)}, {adjective} style"
    elif where < 0.9:
        text = f"{thing(mood, hue)} in {adjective} style" if numbers[7] < 0.7 else f"{thing(mood, hue)} {adjective}"
    else:
        text = thing(mood, hue)
        if look:
            text = f"{adjective} {text}" if not articled else f"{text}, {adjective}"
        elif numbers[7] < 0.2:
            bare = " ".join(word for word in (mood, hue, name) if word)
            return pick(8, _KINDS).format(bare)
    return pick(8, _REQUESTS).format(text) if numbers[7] > 0.94 else text


def caption(name, look, colour, rng, share):
    """`share`: the probability of the canonical form."""
    if rng.random() < share:
        return canonical(name, look, colour)
    return free(name, look, colour, rng)
