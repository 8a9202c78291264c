"""Decides which pictures are right, with the measures of each prompt's group.

A prompt is {"id", "group", "prompt", "seed", "facts"}; its facts are the arguments of `World.compose`. Labels that cannot be
distinguished even in real renders count as one; merges.json lists them with reasons.
"""
import json
from pathlib import Path

from evaluation import judge as judging
from evaluation import measure, reader as reading

MERGES = Path(__file__).with_name("merges.json")
GROUPS = {  # group → its measures
    "single": ("subject", "style", "background"), "transparent": ("alpha",), "pair": ("two_subjects", "position"),
    "count": ("count",), "lettering": ("lettering",), "synonym": ("synonyms",),
}
MEASURES = [name for names in GROUPS.values() for name in names]
KEYS = ("subject", "style", "background", "alpha", "two_subjects", "position", "count", "lettering", "synonyms", "kid", "classifier_real")


class Merges:
    """Labels that count as one. A merge of styles applies to its subjects, or to all if it lists none."""

    def __init__(self, path=MERGES):
        listed = json.loads(Path(path).read_text())
        self.subjects = [set(entry["labels"]) for entry in listed["subjects"]]
        self.letters = str.maketrans({label: entry["labels"][0] for entry in listed["letters"] for label in entry["labels"]})
        self.styles = [(set(entry["labels"]), set(entry.get("subjects", ()))) for entry in listed["styles"]]

    def same_subject(self, one, other):
        return one == other or any(one in group and other in group for group in self.subjects)

    def same_style(self, one, other, subject):
        return one == other or any(one in group and other in group and (not named or subject in named) for group, named in self.styles)

    def same_word(self, one, other):
        return one.translate(self.letters) == other.translate(self.letters)


def verdict(prompt, picture, finding, word, merges, colors):
    """measure → right, for the measures of the prompt's group."""
    facts, same = prompt["facts"], merges.same_subject
    pair = lambda: measure.both(finding.objects, facts["subject"], facts["other"], same)
    rules = {
        "subject": lambda: same(finding.subject, facts["subject"]),
        "synonyms": lambda: same(finding.subject, facts["subject"]),
        "style": lambda: merges.same_style(finding.style, facts["style"], facts["subject"]),
        "background": lambda: measure.plain_background(picture, colors) == facts["background"],
        "alpha": lambda: measure.transparent(picture),
        "two_subjects": lambda: pair() is not None,
        "position": lambda: pair() is not None and measure.placed(*pair(), facts["relation"]),
        "count": lambda: measure.counted(finding.objects, facts["subject"], facts["count"], same),
        "lettering": lambda: merges.same_word(word, facts["letters"]),
    }
    return {name: bool(rules[name]()) for name in GROUPS[prompt["group"]]}


def found(prompt, finding, word):
    """The judges' findings in a few words, for the sheet."""
    group = prompt["group"]
    if group == "lettering":
        return word or "no letters"
    if group in ("pair", "count"):
        names = [label for label, _, _ in finding.objects]
        return ", ".join(f"{names.count(name)} {name}" for name in dict.fromkeys(names)) or "nothing"
    return f"{finding.style} {finding.subject}"


def judge_all(prompts, pictures, judge, reader, merges, colors):
    """(verdicts, findings as text, features [B, D]) of the pictures, in the prompts' order."""
    findings = judging.look(judge, pictures)
    words = ["" for _ in prompts]
    lettered = [k for k, prompt in enumerate(prompts) if prompt["group"] == "lettering"]
    for k, word in zip(lettered, reading.read(reader, [pictures[k] for k in lettered]) if lettered else []):
        words[k] = word
    rows = list(zip(prompts, pictures, findings, words))
    return ([verdict(*row, merges, colors) for row in rows], [found(p, f, w) for p, _, f, w in rows],
            [finding.features for finding in findings])


def shares(verdicts):
    """measure → (right, count), over the verdicts that include the measure."""
    total = {}
    for row in verdicts:
        for name, right in row.items():
            hits, count = total.get(name, (0, 0))
            total[name] = (hits + right, count + 1)
    return total
