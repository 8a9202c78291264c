"""Captions of a plan and its ground, in the many ways in which people ask for pictures."""
from scenes import grounds, nouns
from scenes.carriers import CARRIERS
from scenes.words import NUMBERS, SIZES, spelling, style_words

_NOUNS = {carrier.name: carrier.nouns for carrier in CARRIERS}
_PREPOSITIONS = frozenset("on in with against at under by among indoors".split())
_PLACES = {"left": ("on the left", "on the left side"), "right": ("on the right", "on the right side"),
           "top": ("at the top",), "bottom": ("at the bottom",)}
_MEDIA = ("an icon of {}", "icon of {}", "a picture of {}", "picture of {}", "an illustration of {}", "a drawing of {}", "an image of {}",
          "drawing of {}", "an emoji of {}", "illustration of {}")
_REQUESTS = ("please draw {}", "draw {}", "draw me {}", "make a picture of {}", "i want {}", "can you draw {}?", "show me {}", "create {}",
             "i need {}", "generate {}")
_STICKERS = ("sticker of", "a sticker of", "die-cut sticker of", "sticker:")
_RELATIONS = {
    "left": ("{a} to the left of {b}", "{a} to the left of {b}", "{a} on the left of {b}", "{a} left of {b}", "{b} to the right of {a}",
             "{a} on the left and {b} on the right", "{b} with {a} to its left", "on the left {a}, on the right {b}"),
    "right": ("{a} to the right of {b}", "{a} to the right of {b}", "{a} on the right of {b}", "{a} right of {b}", "{b} to the left of {a}",
              "{b} on the left and {a} on the right", "{b} with {a} to its right", "on the right {a}, on the left {b}"),
    "above": ("{a} above {b}", "{a} above {b}", "{a} over {b}", "{b} below {a}", "{b} under {a}", "{b} with {a} above it",
              "{a} at the top and {b} at the bottom"),
    "below": ("{a} below {b}", "{a} below {b}", "{a} under {b}", "{a} beneath {b}", "{b} above {a}", "{b} over {a}", "{b} with {a} below it"),
    "front": ("{a} in front of {b}", "{a} in front of {b}", "{b} behind {a}", "{b} with {a} in front of it"),
    None: ("{a} and {b}", "{a} and {b}", "{a} next to {b}", "{a} beside {b}", "{a} with {b}", "{a} and {b} side by side", "{a}, {b}"),
}
_SAYS = ('{c} that says {t}', '{c} that says {t}', '{c} saying {t}', '{c} with the word {t}', '{c} with {t}', '{c} reading {t}',
         '{c} with the text {t}', '{t} on {c}', '{t} written on {c}', '{c} labelled {t}')
_NUMBER_SAYS = ('{c} with the number {t}', '{c} with the number {t}', '{c} with {t}', '{c} that says {t}', '{t} on {c}', '{c} showing {t}')
_LETTER_SAYS = ('{c} with the letter {t}', '{c} with the letter {t}', '{c} that says {t}', '{c} with {t}', '{t} on {c}')


def caption(plan, ground, names, rng, said, in_row=False):
    """The caption. names: noun phrases, one per entry of the plan; said: probability that the style is mentioned; in_row:
    whether the things stand in one row."""
    style = rng.random() < said and plan.style
    content = _count(plan, names, rng, in_row) if plan.kind == "count" else _CONTENT[plan.kind](plan, names, rng)
    if plan.kind == "letters" and not plan.carrier:
        style = None
    return _frame(content, style, ground, plan, rng)


def _thing(plan, names, k, rng, style="", article=True, size=None):
    """One noun with its adjectives: "a small red 3d apple"."""
    size = size or plan.sizes[k]
    words = [rng.choice(SIZES[size])] if size in SIZES else []
    colour = plan.colours[k]
    if colour and plan.told[k]:
        words.append(spelling(colour, rng))
    words.append(style)
    if style and colour and plan.told[k] and rng.random() < 0.5:
        words[-1], words[-2] = words[-2], words[-1]
    words.append(names[k])
    text = " ".join(word for word in words if word)
    return f"{nouns.article(text.split(' ', 1)[0])} {text}" if article and not nouns.bare(names[k]) else text


def _single(plan, names, rng):
    articled = rng.random() < (0.5 if plan.pictorial else 0.15)

    def content(style="", article=articled):
        text = _thing(plan, names, 0, rng, style, article)
        if plan.tag:
            text = f"{text}, {plan.tag}"
        if plan.corner:
            places = _PLACES.get(plan.corner) or (f"in the {plan.corner} corner", f"in the {plan.corner}", f"{plan.corner} corner")
            text = f"{text} {rng.choice(places)}" if not plan.tag else f"{text}, {rng.choice(places)}"
        if plan.sizes[0] == "close-up":
            text = rng.choice((f"close-up of {text}", f"{text}, close-up", f"{text} up close", f"a close-up of {text}"))
        return text
    return content


def _count(plan, names, rng, in_row):
    count = plan.counts[0]
    number = rng.choice(NUMBERS[count])
    row = f" in a {rng.choice(('row', 'line'))}" if in_row and rng.random() < 0.4 else ""

    def content(style="", article=True):
        colour = spelling(plan.colours[0], rng) if plan.colours[0] and plan.told[0] else ""
        many = NUMBERS[count][0] if (colour or style)[:1].isdigit() else number  # not "3 3d cats"
        return " ".join(word for word in (many, colour, style, nouns.plural(names[0])) if word) + row
    return content


def _pair(plan, names, rng):
    pattern = rng.choice(_RELATIONS[plan.relation])
    articled = rng.random() < 0.85

    def content(style="", article=articled):
        return pattern.format(a=_thing(plan, names, 0, rng, style, article), b=_thing(plan, names, 1, rng, style, article))
    return content


def _group(plan, names, rng):
    articled = rng.random() < 0.85
    numbers = [rng.choice(NUMBERS[count][:2]) for count in plan.counts]

    def content(style="", article=articled):
        parts = [_thing(plan, names, k, rng, style, article) if count == 1 else
                 " ".join(w for w in (numbers[k], style, nouns.plural(names[k])) if w) for k, count in enumerate(plan.counts)]
        return f"{', '.join(parts[:-1])} and {parts[-1]}"
    return content


def _letters(plan, names, rng):
    text = f'"{plan.letters}"'
    digits, alone = plan.letters.isdigit(), len(plan.letters) == 1
    if not plan.carrier:
        chosen = _word(plan, text, "number" if digits else "letter" if alone else "word", rng)
        return lambda style="", article=True: chosen
    noun = rng.choice(_NOUNS[plan.carrier])
    colour = spelling(plan.colours[-1], rng) if plan.colours[-1] and plan.told[-1] else ""
    articled = rng.random() < 0.85
    says = _NUMBER_SAYS if digits else _LETTER_SAYS if alone else _SAYS
    pattern = rng.choice(says if noun != "label" else says[:4])

    def content(style="", article=articled):
        words = " ".join(word for word in (style, colour, noun) if word)
        carrier = nouns.with_article(words) if article else words
        if not plan.rows:
            return pattern.format(c=carrier, t=text)
        subject = _thing(plan, names, 0, rng, style, article)
        if plan.carrier == "speech bubble":
            return rng.choice((f"{subject} saying {text}", f"{subject} that says {text}", f"{subject} with a speech bubble saying {text}",
                               f"{subject} with a speech bubble that says {text}", f"{subject} and a speech bubble with {text}"))
        beside = nouns.with_article(" ".join(word for word in (colour, noun) if word))
        return rng.choice((f"{subject} with {beside} that says {text}", f"{subject} and {beside} with {text}",
                           f"{subject} next to {beside} that says {text}", f"{subject} with {beside} saying {text}"))
    return content


def _word(plan, text, kind, rng):
    """A word alone: the word "CAT" in red script letters."""
    colour = spelling(plan.colours[0], rng) if plan.colours[0] else "colourful"
    look = rng.choice(plan.font_words) if plan.font_words and rng.random() < .7 else ""
    what = {"number": rng.choice(("digits", "numbers")), "letter": "type"}.get(kind, rng.choice(("letters", "letters", "type")))
    drawn = " ".join(word for word in (colour, look, what) if word)
    kinds = [f"the {kind} {text} in {drawn}", f"the {kind} {text} in {drawn}", f"{text} in {drawn}", f"{text} written in {drawn}",
             f"the {colour} {kind} {text}", f"{colour} {kind} {text}", f"{look} lettering {text} in {colour} {what}".strip()]
    if plan.colours[0]:
        kinds += [f"the text {text} in {colour}", f"{text} lettering in {colour}"]
    return rng.choice(kinds)


_CONTENT = {"single": _single, "pair": _pair, "group": _group, "letters": _letters}


def _frame(content, style, ground, plan, rng):
    """Content with the words for style and ground around it."""
    after, text = "", None
    sticker = ground.kind == "transparent" and rng.random() < 0.1
    share = rng.random()
    if style:
        adjectives, media = style_words(style)
        adjective, medium = (words[int(rng.random() * len(words))] for words in (adjectives, media))  # the same number of random draws for each style
        if adjective.endswith("icon"):
            text = f"{content(article=False)} {adjective}" if share < .25 and plan.kind == "single" and not plan.corner and not plan.tag else None
        elif share < .45:
            text = content(style=adjective)
        elif share < .52 and plan.kind == "single" and not plan.corner and not plan.tag and not sticker:
            text = f"{content(style=adjective, article=False)} {rng.choice(('emoji', 'icon', 'illustration', 'drawing', 'picture'))}"
        elif share < .74:
            pass
        elif share < .86:
            after = f" in {adjective} style" if rng.random() < .7 else f" in a {adjective} style"
        else:
            after = f", {adjective} style" if share < .95 else f", {adjective}"
        if text is None and not after:
            text = f"{medium} of {content()}"
            if rng.random() < .5:
                text = f"{nouns.article(medium.split(' ', 1)[0])} {text}"
    elif share < .12 and (plan.kind != "letters" or plan.carrier):
        text = rng.choice(_MEDIA).format(content())
    elif share < .17:
        text = rng.choice(_REQUESTS).format(content(article=True))
    elif share < .25 and not plan.pictorial and plan.kind == "single" and not plan.corner and not plan.tag:
        text = f"{content(article=False)} icon"
    text = text or content()
    if sticker:
        plain = plan.kind == "single" and not plan.corner and not plan.tag and plan.sizes[0] != "close-up" and " of " not in text
        if plain and text.split(" ", 1)[0] not in ("a", "an") and rng.random() < .6:
            return f"{text} sticker{after}"
        made_of = ("sticker:",) if text.startswith(("draw", "please", "can", "make", "i ", "show", "create", "generate")) else _STICKERS
        return f"{rng.choice(made_of)} {text}{after}"
    where = _transparent(rng) if ground.kind == "transparent" else grounds.phrase(ground, rng)
    if not where:
        return text + after
    question = text.endswith("?")
    text = text.rstrip("?")
    close = "?" if question else ""
    if where.split(" ", 1)[0].rstrip(",") not in _PREPOSITIONS:
        if rng.random() < .08:
            return f"{where}, {text}{after}{close}"
        return f"{text}{after}, {where}{close}"
    if after.startswith(","):
        return f"{text} {where}{after}{close}" if rng.random() < .6 else f"{text}{after}, {where}{close}"
    return f"{text}{after} {where}{close}" if rng.random() < .85 else f"{text}{after}, {where}{close}"


def _transparent(rng):
    share = rng.random()
    if share < .68:
        return ""
    return ("transparent background" if share < .8 else "on a transparent background" if share < .86 else "no background" if share < .9
            else "with no background" if share < .93 else "isolated" if share < .96 else "with a transparent background")
