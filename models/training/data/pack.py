"""Turns icon packages into rows: recognizes, filters, names and weights. Rows and their order depend on the packages alone."""
from collections import defaultdict

from . import iconify, weights, words
from .emoji import Lexicon, Match
from .filters import Filter
from .subjects import Subjects, clean


class Packer:
    def __init__(self, pinned, node_modules, aliases):
        self.pinned, self.node_modules = pinned, node_modules
        folders = [iconify.package_folder(node_modules, entry["package"]) for entry in pinned["sets"]]
        self.lexicon = Lexicon(node_modules / pinned["words"]["package"], map(iconify.characters, folders), aliases)
        self.filter, self.subjects = Filter(), Subjects()

    def rows(self):
        """All rows, without synonyms and weights, as (row, its description), ordered by set and name."""
        for entry in self.pinned["sets"]:
            folder = iconify.package_folder(self.node_modules, entry["package"])
            stated = iconify.licence_of(folder)
            if stated != entry["licence"]:
                raise ValueError(f"{entry['package']} says its licence is {stated}, sets.json says {entry['licence']}")
            sizes = largest_cuts(folder) if entry["set"] == "fluent-color" else None
            seen = set()
            for icon in iconify.icons(entry["set"], folder):
                if sizes is not None and icon.name not in sizes:
                    self.filter.counts["another cut of the same drawing"] += 1
                    continue
                yield from self._row(entry, icon, seen)

    def _row(self, entry, icon, seen):
        is_emoji = entry["kind"] == "emoji"
        if is_emoji:
            match = self.lexicon.find(icon.name, entry["set"])
            trusted = match is not None
        else:
            words_of_icon = clean(icon.name, "interface")
            match, trusted = self.lexicon.find_thing(words_of_icon.replace(" ", "-"), entry["set"]), False
        emoji = match.emoji if isinstance(match, Match) else None
        if not self.filter.keeps(icon, emoji, entry.get("omit"), trusted):
            return
        if match is None and (not is_emoji or entry["set"] in self.filter.known_only):
            self.filter.counts["no telling name"] += 1
            return
        described = self.subjects.describe_emoji(icon, match) if is_emoji else self.subjects.describe_icon(words_of_icon, match)
        if described is None:
            self.filter.counts["no telling name"] += 1
            return
        if icon.svg in seen:  # a second name of the same drawing
            self.filter.counts["the same drawing again"] += 1
            return
        seen.add(icon.svg)
        yield {"id": f"{entry['set']}/{icon.name}", "set": entry["set"], "style": entry["style"], "name": described.name,
               "subject": described.subject, "group": emoji.group if emoji else None, "directed": described.directed,
               "pictorial": described.pictorial, "svg": icon.svg}, described


def largest_cuts(folder):
    """Names of the largest variant of each icon that a package draws in several sizes ("camera-16" … "camera-48")."""
    best = {}
    for name in iconify.read_json(folder / "icons.json")["icons"]:
        stem, _, size = name.rpartition("-")
        if size.isdigit() and int(size) > best.get(stem, (0, ""))[0]:
            best[stem] = (int(size), name)
    return {name for _, name in best.values()}


def build(pinned, node_modules, aliases):
    """Finished rows, with all of drawings.FIELDS, and the packer, which counts the excluded drawings."""
    packer = Packer(pinned, node_modules, aliases)
    pairs = list(packer.rows())
    rows, described = [row for row, _ in pairs], [what for _, what in pairs]
    weights.share(rows, described)
    claims, tags = defaultdict(dict), defaultdict(dict)
    for label, emoji in packer.lexicon.by_label.items():
        subject = packer.subjects.canonical(label)
        claims[subject].update(dict.fromkeys([label, *packer.lexicon.names_of.get(label, ())]))
        tags[subject].update(dict.fromkeys(emoji.tags))
    return words.attach(rows, claims, tags, words.everyday()), packer
