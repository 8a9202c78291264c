"""The judge's labels, and which labels count as one.

Subjects that differ in colour alone ("red heart", "green heart") share a label, because the judge does not see colour; their
colour is measured (`colour.py`). Further subjects that cannot be told apart even in real renders count as one. merges.json
lists both, with reasons.
"""
import json
from pathlib import Path

MERGES = Path(__file__).with_name("merges.json")


class Labels:
    def __init__(self, path=MERGES):
        listed = json.loads(Path(path).read_text())
        self.shapes = {subject: entry["label"] for entry in listed["colours"] for subject in entry["subjects"]}
        self.own = {subject: colour for entry in listed["colours"] for subject, colour in entry["subjects"].items() if colour}
        self.merged = [(set(map(self.shape, entry["subjects"])), set(entry.get("looks", ()))) for entry in listed["subjects"]]
        self.looks = [(set(entry["looks"]), set(entry.get("subjects", ()))) for entry in listed["looks"]]

    def shape(self, subject):
        """The judge's label of a subject."""
        return self.shapes.get(subject, subject)

    def own_colour(self, subject):
        """The colour that a subject's name asks for although its label does not, or None."""
        return self.own.get(subject)

    def same_subject(self, found, subject, look):
        """Whether a label that the judge found is right for a subject that was asked in a look."""
        wanted = self.shape(subject)
        return found == wanted or any(found in group and wanted in group for group, looks in self.merged if not looks or look in looks)

    def same_look(self, found, look, subject):
        return found == look or any(found in group and look in group for group, subjects in self.looks if not subjects or subject in subjects)
