"""Derives plain words and the subject, which all sets share, from a set's icon name, and properties from the subject.

"man-cook-dark-skin-tone" in any set has the subject "man cook" and the name "man cook with dark skin".
"""
import json
import re
from dataclasses import dataclass
from pathlib import Path

COUNTER = re.compile(r"-(\d+)(?=-|$)|-(one|two|three|four|five|six|seven|eight|nine)$")
CUT_SUFFIX = re.compile(r"-(16|20|24|28|32|48|flat|duo|fill|alternate|alt)$")
SECTIONS = re.compile(  # streamline-pixel's names begin with a section
    r"^(beauty|building-real-eastate|real-estate|business-(prodect|products?|money)|change|coding-apps-websites(-programming)?|"
    r"computers?-(devices|old)-electronics|content-files|design(-color)?|ecology|email|"
    r"entertainment-events-hobbies(-card-game|-game)?|food-drink(-desert|-fruit)?|health(-drug)?|interface-essential|"
    r"internet-network|map-navigation|money-payments(-accounting)?|music|pet-animals|photography|romance|"
    r"school-science|shopping-shipping|social-rewards|technology|transportation|travel-wayfinding|user|video-movies|weather)-(?=[a-z])")
TYPOS = {"labtop": "laptop", "reciept": "receipt", "clound": "cloud", "scisor": "scissors", "databse": "database",
         "forbiden": "forbidden", "grahp": "graph", "prodect": "product", "eastate": "estate", "cosmatic": "cosmetic",
         "fiist": "fist", "cresent": "crescent", "camrea": "camera", "documant": "document", "squre": "square",
         "brdige": "bridge", "faild": "failed", "delect": "delete", "maill": "mail", "steoller": "stroller",
         "whit": "with", "sciene": "science", "dislay": "display", "compsition": "composition", "hotizontal": "horizontal",
         "converstion": "conversation", "vesus": "versus", "seach": "search", "strucutre": "structure",
         "accordian": "accordion", "exertnal": "external", "alchoholic": "alcoholic", "snorkle": "snorkel",
         "smaking": "smoking", "dumbell": "dumbbell", "dumbbel": "dumbbell", "horizonal": "horizontal", "sleaves": "leaves",
         "disapointed": "disappointed", "paronama": "panorama", "disabaled": "disabled", "fruiter": "fruit tree",
         "constuction": "construction", "donut": "doughnut", "icecream": "ice cream", "indiferent": "indifferent"}
LONGEST_NAME = 5  # words; longer names are file names that nobody would type

DIRECTED_WORDS = re.compile(
    r"\b(left|right|leftwards|rightwards|arrows?|back|forward|next|previous|letters?|alphabet|input|button|text|sign|number|order|"
    r"up|down|one|two|three|\d+\w*|clock|watch|timer|stopwatch|hourglass|calendar|date|newspaper|medal|8 ball|dice|die|ruler|keyboard|"
    r"zzz|hundred|question|exclamation|check|mark|recycling|banknote|dollar|yen|yuan|euro|pound|rupee|bitcoin|currency|"
    r"money|coins?|cash|bill|receipt|invoice|ambulance|police|post office|hospital|bank|hotel|store|atm|ticket|tickets|card|cards|"
    r"label|disk|dvd|cd|moon|increasing|decreasing|increase|decrease|trending|chart|graph|music|musical|notes?|score|clef|mahjong|joker|"
    r"guitar|violin|script|code|programming|file|document|book|memo|abacus|zodiac|percent|discount|sale|speech|speaker|"
    r"stop|radio|thermometer|gauge|meter|speedometer|calculator|abc|font|heading|paragraph|align|list|redo|undo|"
    r"rotate|rotation|clockwise|refresh|sync|reload|play|fast|rewind|skip|export|import|login|logout|exit|enter|send|"
    r"peace|yin|khanda|currency|copyright|facing|pointing|motorway|tower|scroll|certificate|license|id|placard)\b")
DIRECTED_SUBGROUPS = {"arrow", "av-symbol", "alphanum", "keycap", "currency", "punctuation", "zodiac", "math", "award-medal"}

NOT_PICTORIAL_SUBGROUPS = {"arrow", "av-symbol", "alphanum", "keycap", "currency", "punctuation", "zodiac", "math", "gender",
                           "religion", "transport-sign", "warning", "other-symbol", "flag", "time", "sound", "person-symbol"}
FRAMED = {  # scenes that fill their square: places, not things to place
    "foggy", "night with stars", "cityscape", "sunrise over mountains", "sunrise", "cityscape at dusk", "sunset",
    "bridge at night", "milky way", "fireworks", "sparkler", "national park", "beach with umbrella", "desert", "mount fuji",
    "motorway", "railway track", "water wave", "hundred points", "anger symbol", "zzz", "speech balloon", "left speech bubble",
    "right anger bubble", "thought balloon", "eye in speech bubble", "moon viewing ceremony", "fog", "map of japan", "wedding",
    "chart increasing", "chart decreasing", "bar chart", "id card", "landslide", "dotted line face"}
THINGS_OF_TIME = {"watch", "alarm clock", "stopwatch", "timer clock", "mantelpiece clock", "hourglass", "clock", "bell",
                  "loudspeaker", "megaphone", "postal horn", "footprints"}


@dataclass(frozen=True)
class Described:
    name: str
    subject: str
    family: str  # drawings of the same set and family are near-duplicates
    directed: bool
    pictorial: bool
    toned: bool


class Subjects:
    def __init__(self, path=None):
        table = json.loads(Path(path or Path(__file__).parent / "merges.json").read_text(encoding="utf-8"))
        self.renames = [(re.compile(rule["from"]), rule["to"]) for rule in table["rename"]]
        self.merged = {label: rule["into"] for rule in table["merge"] for label in rule["labels"]}

    def canonical(self, label):
        """An emojibase label after renaming and merging; unchanged if no rule applies."""
        if label in self.merged:
            return self.merged[label]
        for pattern, plainer in self.renames:
            label = pattern.sub(plainer, label)
        return self.merged.get(label, label)

    def describe_emoji(self, icon, match):
        """Words and properties of an emoji set's drawing; without a match its name is used."""
        words = clean(icon.name, "emoji")
        if match is None:
            return Described(words, words, words, bool(DIRECTED_WORDS.search(words)), True, False)
        subject = self.canonical(match.emoji.label)
        name = _with_tones(subject, match.tones) if match.tones else words if _telling(words) else subject
        return Described(name, subject, _family(subject), _directed(match.emoji, subject, words),
                         _pictorial(match.emoji, subject), bool(match.tones))

    def describe_icon(self, words, meant):
        """The same for an interface set's drawing with the cleaned name `words`; `meant` is a Match or other words.

        None if the name is too long.
        """
        if isinstance(meant, str):
            words = meant.replace("-", " ")
            if not words or len(words.split()) > LONGEST_NAME:
                return None
            subject = self.canonical(words)
            return Described(words, subject, subject, bool(DIRECTED_WORDS.search(words)), False, False)
        subject = self.canonical(meant.emoji.label)
        return Described(words, subject, subject, _directed(meant.emoji, subject, words), _pictorial(meant.emoji, subject), False)


def clean(name, kind):
    """Plain words of an icon name, without size, counter and section; known misspellings are corrected."""
    if kind == "interface":
        name = SECTIONS.sub("", CUT_SUFFIX.sub("", CUT_SUFFIX.sub("", name)))
    name = COUNTER.sub("", name)
    words = [TYPOS.get(word, word) for word in name.split("-") if word]
    return " ".join(words)


def _telling(words):
    """Whether a name consists of words; FxEmoji's joined names ("blackrightpointingarrow") do not."""
    return " " in words and all(len(word) < 15 for word in words.split())


def _with_tones(subject, tones):
    return f"{subject} with {' and '.join(dict.fromkeys(tones))} skin"


def _family(subject):
    """The family of a subject: hair styles, and the members of a human family, are variants of one drawing."""
    subject = re.sub(r"^(person|man|woman) with (red|curly|white|blond) hair$|^(person|man|woman) with a beard$|^bald (person|man|woman)$",
                     lambda found: next(filter(None, (found[1], found[3], found[4]))) + " with hair", subject)
    return "family" if subject.startswith("family") else subject


def _directed(emoji, subject, words):
    return emoji.subgroup in DIRECTED_SUBGROUPS or any(DIRECTED_WORDS.search(text) for text in (subject, words))


def _pictorial(emoji, subject):
    if subject in THINGS_OF_TIME:
        return True
    if subject in FRAMED or emoji.subgroup in NOT_PICTORIAL_SUBGROUPS:
        return False
    return emoji.group in (0, 1, 3, 4, 5, 6, 7) or emoji.subgroup == "geometric"
