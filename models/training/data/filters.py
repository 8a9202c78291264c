"""Excludes drawings from training: trademarks and protected characters, flags, characters in boxes, clock faces.

Trademarks are matched as whole words of a name ("android-os", but not "medium-light"); exclusions.json lists them.
"""
import json
import re
from collections import Counter
from pathlib import Path

from .iconify import MAX_SVG_BYTES


class Filter:
    def __init__(self, path=None):
        table = json.loads(Path(path or Path(__file__).parent / "exclusions.json").read_text(encoding="utf-8"))
        marks = "|".join(re.escape(word) for word in table["brands"])
        self.marks = re.compile(rf"(?:^|-)(?:{marks})(?:-|$)")
        self.names = {name: [re.compile(pattern) for pattern in patterns] for name, patterns in table["names"].items()}
        self.subgroups, self.labels, self.keep_flags = table["subgroups"], table["labels"], set(table["keep_flags"])
        self.known_only = set(table["known_only"])
        self.counts = Counter()

    def reason(self, icon, emoji, omit=None, trusted=False):
        """The reason to exclude a drawing, or None; `emoji` is the recognized emoji, `omit` the pattern of its set.

        A trusted name is an emoji's and cannot be a trademark ("face with steam from nose").
        """
        if omit and re.search(omit, icon.name):
            return "another cut of the same drawing"
        if not trusted and self.marks.search(icon.name):
            return "mark or protected character"
        if any(pattern.search(icon.name) for source in ("*", icon.set) for pattern in self.names.get(source, ())):
            return "excluded by name"
        if emoji:
            if emoji.group is None or emoji.group == 2:
                return "component, not a picture"
            if emoji.subgroup in self.subgroups or emoji.group == 9 and emoji.label not in self.keep_flags:
                return self.subgroups.get(emoji.subgroup, "flags")
            if emoji.label in self.labels:
                return self.labels[emoji.label]
            if re.search(r"o'clock|-thirty", emoji.label) and emoji.label != "ten o'clock":
                return "clock face"
        if len(icon.svg) > MAX_SVG_BYTES:
            return "too large"
        return None

    def keeps(self, icon, emoji, omit=None, trusted=False):
        reason = self.reason(icon, emoji, omit, trusted)
        if reason:
            self.counts[reason] += 1
        return reason is None
