"""What a package says that its model knows (models/package/FORMAT.md, `knows` and section 5)."""
from collections import defaultdict

from scenes.words import COLOUR_NAMES


def knows(config, looks, vocabulary=None):
    """The manifest's `knows` of a run. looks: of captions, in order; vocabulary: the file's name, if there is one."""
    edits = config["training"].get("editing", 0) > 0 and config["network"].get("condition", 0) > 0
    coloured = config["scenes"].get("recolour", 1) > 0
    return {
        "vocabulary": vocabulary,
        "looks": list(looks),
        "colours": list(COLOUR_NAMES) if coloured else [],
        "scenes": False,  # things are drawn singly, on nothing
        "grounds": False,
        "masks": edits,
        "references": edits,
    }


def vocabulary(names, words=()):
    """{"subjects", "synonyms"} from each thing's names, canonical first, and from dictionary words with the names that they
    are drawn as. A word that could mean several things is left out."""
    subjects = {own[0] for own in names}
    meant = defaultdict(set)
    for canonical, *others in names:
        for other in others:
            meant[other].add(canonical)
    for word, name in words:
        if word not in meant:
            meant[word] |= {name} & subjects or meant.get(name, set())
    synonyms = {word: next(iter(things)) for word, things in meant.items() if word not in subjects and len(things) == 1}
    return {"subjects": sorted(subjects), "synonyms": dict(sorted(synonyms.items()))}
