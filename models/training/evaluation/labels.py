"""The judge's labels, and which labels count as one.

A label is the noun of a subject, without a leading colour: "green heart" is a heart, because the judge does not see colour. A
colour that the prompt tells is measured (colour.py). Subjects that cannot be told apart even in real renders count as one;
merges.json lists them with reasons.
"""
import json
from pathlib import Path

from scenes.catalogue import colourless
from scenes.nouns import spoken

MERGES = Path(__file__).with_name("merges.json")


def noun(subject):
    """The judge's label of a subject."""
    return colourless(spoken(subject))[1]


class Merges:
    """A merge applies in its looks, or in all if it lists none."""

    def __init__(self, path=MERGES):
        listed = json.loads(Path(path).read_text())
        self.subjects = [(set(map(noun, entry["subjects"])), set(entry.get("looks", ()))) for entry in listed]

    def same_subject(self, found, subject, look):
        """Whether a label that the judge found is right for a subject that was asked in a look."""
        wanted = noun(subject)
        return found == wanted or any(found in group and wanted in group for group, looks in self.subjects if not looks or look in looks)
