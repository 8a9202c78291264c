"""Noun phrases for captions: "a cat", "an hourglass", "three wolves", "two glasses of milk", "bread".

Emoji labels are noun phrases whose head is often not the last word ("person in lotus position", "leaf fluttering in
wind"). The head is therefore located before it is inflected.
"""
import re
from functools import lru_cache

IRREGULAR = {
    "man": "men", "woman": "women", "person": "people", "child": "children", "foot": "feet", "tooth": "teeth",
    "goose": "geese", "mouse": "mice", "louse": "lice", "ox": "oxen", "leaf": "leaves", "loaf": "loaves",
    "half": "halves", "shelf": "shelves", "knife": "knives", "wife": "wives", "life": "lives", "wolf": "wolves",
    "elf": "elves", "thief": "thieves", "calf": "calves", "scarf": "scarves", "hoof": "hooves", "die": "dice",
    "potato": "potatoes", "tomato": "tomatoes", "mango": "mangoes", "volcano": "volcanoes", "tornado": "tornadoes",
    "hero": "heroes", "superhero": "superheroes", "echo": "echoes", "mosquito": "mosquitoes", "domino": "dominoes",
    "buffalo": "buffaloes", "dodo": "dodos", "cactus": "cacti", "fungus": "fungi", "axis": "axes", "quiz": "quizzes",
    "fireman": "firemen", "policeman": "policemen", "mailman": "mailmen", "snowman": "snowmen", "merman": "mermen",
    "gentleman": "gentlemen", "businessman": "businessmen", "businesswoman": "businesswomen", "fisherman": "fishermen",
    "merperson": "merpeople", "salesperson": "salespeople", "grandchild": "grandchildren", "bus": "buses",
    "minibus": "minibuses", "trolleybus": "trolleybuses", "gas": "gases", "lens": "lenses", "atlas": "atlases",
    "canvas": "canvases", "iris": "irises", "rhinoceros": "rhinoceroses", "human": "humans", "german": "germans",
    "sheaf": "sheaves", "dwarf": "dwarves", "hibiscus": "hibiscuses",
}
# The plural equals the singular: "two sheep".
UNCHANGED = frozenset("""fish sheep deer moose bison squid shrimp salmon trout swine aircraft spacecraft hovercraft
blowfish jellyfish starfish swordfish goldfish catfish clownfish pufferfish angelfish dango sushi dna
series species offspring""".split())
# No article and no number: "bread", "fog".
MASS = frozenset("""bread bacon butter rice salt popcorn spaghetti pasta corn garlic ginger broccoli curry oden sake
honey milk water juice coffee tea wine beer chocolate soap ice snow rain fog lightning thunder fire smoke sand
wood coal hay grass yarn thread money cash luggage baggage furniture news weather wind air music art lacrosse
badminton tennis cricket bowling golf hockey boxing fencing rugby
camping cooking fishing swimming surfing skiing cycling archery soccer polo dna coral sugar flour meat sushi
confetti litter rubbish garbage trash clothing underwear equipment information data traffic electricity gas oil
construction graffiti cutlery evidence foggy wrestling hugging karate judo seafood custard""".split())
# Plurals: "grapes". "A pair of …" is not used.
PLURAL = frozenset("""people men women children scissors glasses sunglasses goggles jeans shorts trousers pants briefs
tights pyjamas pajamas pliers binoculars headphones earphones tongs tweezers dice mice geese feet teeth leaves clothes
cherries noodles maracas french-fries cacti fries arts stairs peanuts skis spaghetti""".split())
SINGULAR_IN_S = frozenset("""bus minibus trolleybus gas lens atlas canvas iris rhinoceros hippopotamus octopus cactus
platypus walrus virus asparagus hibiscus citrus eucalyptus campus compass glass dress cross class grass mass press
boss moss brass chess fortress mattress mistress actress waitress abacus crocus lotus circus oasis basis axis tennis
hippogriff pegasus venus uterus stegosaurus tyrannosaurus brontosaurus triceratops diplodocus stethoscopes status
focus bonus wireless business address process access pancreas christmas syllabus albatross narcissus papyrus menus
sos gps dns css alas thermos cosmos physics mathematics mars uranus""".split())
ING_THINGS = frozenset("""ring building dumpling seedling wing king earring string duckling sling spring painting
drawing pudding thing viking clothing sibling sapling railing ceiling crossing""".split())
PREPOSITIONS = frozenset("""with without in on of at by from for to into onto over under behind and or against as about
around beside facing wearing holding near not done tilted showing""".split())
# Labels of states and unique things: neither article nor number.
BARE = frozenset("""locked unlocked voltage up down left right decreasing increasing together volume liquid claus fuji
liberty way kaaba horns""".split())
TURNED = ("facing", "tilted", "pointing", "in ", "with ", "running", "walking", "kneeling")
# Nouns that a participle may follow: "man dancing", "leaf fluttering in wind", "page facing up".
PEOPLE = frozenset("man woman person boy girl people men women child leaf page index prince princess hand".split())
VOWEL_SOUND = re.compile(r"^(?:[aeiou]|hour|honest|honou?r|heir|8|11\b|18\b|x-|x\b|f\b|l\b|m\b|n\b|r\b|s\b|h\b|"
                         r"sos\b|mri\b|html|xml|fm\b|rss|sms|nfc\b|lcd|led\b|ssd|hdmi|mp3|ssl|ftp|http|nft)", re.I)
CONSONANT_SOUND = re.compile(r"^(?:uni(?!nvit|mp|nt)|use|usb|user|usual|util|ufo|uk\b|us\b|u-|u\b|euro|eu\b|ewe|one\b|one-|once|ur[ai]n|url\b|ubiq)",
                             re.I)
COLON = {"bald": "bald {}", "beard": "{} with a beard", "no beard": "{} without a beard"}


@lru_cache(maxsize=None)
def spoken(label):
    """A label in spoken form: "man: red hair" becomes "man with red hair"; "snowman without snow" stays as it is."""
    label = label.replace("’", "'").replace("“", "").replace("”", "").strip()
    if ": " in label:
        thing, detail = label.split(": ", 1)
        if detail in COLON:
            return COLON[detail].format(thing)
        return f"{thing} with {detail}" if detail.endswith("hair") else f"{thing} {detail.replace(',', ' and')}"
    return label


@lru_cache(maxsize=None)
def split_head(phrase):
    """(words before the head noun, the head noun, words after it), without surrounding spaces."""
    words = phrase.split(" ")
    head = len(words) - 1
    if len(words) > 2 and words[0] in ("man", "woman", "person") and words[-1].endswith("ing"):
        return "", words[0], " ".join(words[1:])
    for k in range(1, len(words)):
        if words[k] in PREPOSITIONS or (words[k].endswith("ing") and words[k - 1] in PEOPLE and len(words[k]) > 4):
            head = k - 1
            break
    return " ".join(words[:head]), words[head], " ".join(words[head + 1:])


def is_plural(word):
    """Whether a noun is already a plural."""
    low = word.lower()
    if low in PLURAL:
        return True
    if not low.endswith("s") or low in SINGULAR_IN_S or low in UNCHANGED:
        return False
    return not low.endswith(("ss", "us", "is", "'s"))


@lru_cache(maxsize=None)
def bare(phrase):
    """Whether a phrase takes no article: plurals, substances, games, states."""
    _, head, after = split_head(phrase)
    low = head.lower()
    return (is_plural(low) or low in MASS or phrase.split(" ")[-1].lower() in BARE and not after.startswith(TURNED)
            or low.endswith("ing") and low not in ING_THINGS)


@lru_cache(maxsize=None)
def countable(phrase):
    """Whether "two …" makes sense: a singular noun that takes an article."""
    return not bare(phrase) and " and " not in phrase


@lru_cache(maxsize=None)
def plural(phrase):
    """"wolf" → "wolves", "glass of milk" → "glasses of milk", "woman firefighter" → "women firefighters"."""
    before, head, after = split_head(phrase)
    first = before.split(" ")[0] if before else ""
    owner = first.removesuffix("'s")
    if owner in ("man", "woman"):  # the prefix of a profession is inflected with it, and so is an owner
        before = IRREGULAR[owner] + before[len(owner):]
    return " ".join(part for part in (before, _plural_word(head), after) if part)


def _plural_word(word):
    low = word.lower()
    if low in IRREGULAR:
        return IRREGULAR[low]
    if low in UNCHANGED or is_plural(low):
        return word
    for ending in ("woman", "man", "person", "mouse", "foot", "tooth", "child"):
        if low.endswith("-" + ending) or low.endswith(ending) and ending in ("woman", "person") and low != ending:
            return word[:-len(ending)] + IRREGULAR[ending]
    if low.endswith(("s", "x", "z", "ch", "sh")) and not low.endswith("ch") or low.endswith("ch") and low not in ("stomach", "monarch"):
        return word + "es"
    if low.endswith("y") and low[-2:-1] not in tuple("aeiou") and len(low) > 1:
        return word[:-1] + "ies"
    return word + "s"


@lru_cache(maxsize=None)
def with_article(phrase):
    """"a cat", "an owl", "a unicorn", "an hourglass"; plurals and substances get no article."""
    if bare(phrase):
        return phrase
    return f"{article(phrase)} {phrase}"


@lru_cache(maxsize=None)
def article(phrase):
    """"a" or "an", by the phrase's first sound."""
    if CONSONANT_SOUND.match(phrase):
        return "a"
    return "an" if VOWEL_SOUND.match(phrase) else "a"
