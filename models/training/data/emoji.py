"""Finds the emoji that a name means. Sources in order of trust: emojibase's labels, the sets' own code points, Unicode's
names, the shortcodes of chat programs.

Comparison ignores case, spaces and hyphens ("cat-face", "Cat Face", "catface"), because FxEmoji writes no hyphens.
"""
import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

SHORTCODES = ("cldr", "emojibase", "joypixels", "github", "iamcal")  # the most descriptive first
TONES = {1: "light", 2: "medium-light", 3: "medium", 4: "medium-dark", 5: "dark"}
COMPONENTS = 2  # emojibase's group of skin and hair swatches, which are not pictures by themselves
THINGS = (3, 4, 5, 6, 7)  # emojibase's groups of animals, food, places, activities and objects
COLOURS = ("red", "orange", "yellow", "green", "blue", "light blue", "purple", "pink", "brown", "black", "white", "grey")
TONE_SUFFIX = re.compile(r"-(?:(medium-light|medium-dark|light|medium|dark)(?:-skin-tone)?|tone([1-5]))(?=-|$)")


@dataclass(frozen=True)
class Emoji:
    """A base emoji; skin tones are part of the `Match`."""
    label: str
    hexcode: str
    group: int | None
    subgroup: str
    tags: tuple
    order: int


@dataclass(frozen=True)
class Match:
    emoji: Emoji
    tones: tuple = ()  # values of TONES, one per person


def plain(text):
    """Lower case, no accents, typographic quotes as ASCII."""
    text = unicodedata.normalize("NFKD", text.replace("’", "'").replace("“", "").replace("”", ""))
    return "".join(letter for letter in text if not unicodedata.combining(letter)).lower()


def key(name):
    return re.sub(r"[^a-z0-9]+", "", plain(name).replace("&", " and "))


def bare(hexcode):
    """Code points without the variation selector for colour, which not all sets write."""
    return re.sub(r"-?FE0F", "", hexcode.upper())


class Lexicon:
    def __init__(self, emojibase, char_maps=(), aliases=None):
        """`char_maps`: {hexcode: icon name}, from sets that have it; `aliases`: {set: {icon name: label}}."""
        root = Path(emojibase)
        subgroups = {str(entry["order"]): entry["key"] for entry in _read(root / "en/messages.json")["subgroups"]}
        subgroups = {**subgroups, **_read(root / "meta/groups.json").get("subgroups", {})}
        self.by_hex, self.by_label = {}, {}
        for entry in _read(root / "en/data.json"):
            emoji = Emoji(plain(entry["label"]), bare(entry["hexcode"]), entry.get("group"),
                          subgroups.get(str(entry.get("subgroup")), ""), tuple(plain(tag) for tag in entry.get("tags", ())),
                          entry.get("order", 0))
            self.by_label[emoji.label] = emoji
            self.by_hex[emoji.hexcode] = Match(emoji)
            for skin in entry.get("skins", ()):
                tones = skin["tone"] if isinstance(skin["tone"], list) else [skin["tone"]]
                self.by_hex[bare(skin["hexcode"])] = Match(emoji, tuple(TONES[tone] for tone in tones))
        self.by_key, self.names_of = {}, {}
        self._teach({match.emoji.label: match for match in self.by_hex.values() if not match.tones}.items())
        for char_map in char_maps:
            self._teach((name, self.by_hex.get(bare(code))) for code, name in sorted(char_map.items()))
        unicode_names = _read(root / "meta/unicode-names.json")
        self._teach((name, self.by_hex.get(bare(code))) for code, name in sorted(unicode_names.items()))
        for source in SHORTCODES:
            for code, names in sorted(_read(root / f"en/shortcodes/{source}.json").items()):
                match = self.by_hex.get(bare(code))
                if match and not match.tones:
                    self._teach((name, match) for name in ([names] if isinstance(names, str) else names))
        self.aliases = {name: {key(word): label for word, label in table.items()}
                        for name, table in (aliases or {}).items() if isinstance(table, dict)}

    def _teach(self, pairs):
        """Adds names that no more trusted source has taken; every name is recorded as a possible synonym."""
        for name, match in pairs:
            if match is None:
                continue
            self.by_key.setdefault(key(name), match)
            if not match.tones:
                self.names_of.setdefault(match.emoji.label, {}).setdefault(re.sub(r"[_-]", " ", plain(name)))

    def find(self, name, source=None):
        """The emoji that a set's icon name means, or None. An alias of None marks a name that is not an emoji."""
        tones = []
        stem = TONE_SUFFIX.sub(lambda found: tones.append(found[1] or TONES[int(found[2])]) or "", name)
        for candidate in (name, stem):
            table = self.aliases.get(source, {})
            if key(candidate) in table:
                label = table[key(candidate)]
                return label and Match(self.by_label[label], tuple(tones))
        match = self.by_key.get(key(name))
        if match:
            return match
        for candidate in _loosened(stem):
            match = self.by_key.get(key(candidate))
            if match:
                return Match(match.emoji, match.tones or tuple(tones))
        return None

    def find_thing(self, name, source=None):
        """The thing that an interface icon shows: a Match, plain words, or None if the name has another meaning.

        Only an emoji's label or its singular matches, and no emoji that requires a colour. Other names are kept as words.
        """
        for candidate in (name, re.sub(r"(?<=[a-z]{3})s$", "", name)):
            for table in (self.aliases.get(source, {}), self.aliases.get("interface", {})):
                if key(candidate) in table:
                    meant = table[key(candidate)]
                    return Match(self.by_label[meant]) if meant in self.by_label else meant
            emoji = self.by_label.get(plain(candidate).replace("-", " "))
            if emoji and emoji.group in THINGS and not emoji.label.startswith(COLOURS):
                return Match(emoji)
        return name


def _read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def _loosened(name):
    """Spelling variants between sets: counters, "face", "sign", plural."""
    name = re.sub(r"-\d+$", "", name)
    yield name
    yield re.sub(r"-face(-\d+)?$", "", name)
    yield name + "-face"
    yield re.sub(r"^flag-for-(?=.*flag)", "", name)
    yield re.sub(r"-(sign|symbol|button)$", "", name)
    yield re.sub(r"(?<=[a-z]{3})s$", "", name)
    yield name + "s"
