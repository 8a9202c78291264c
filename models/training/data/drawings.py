"""The drawings that training knows: one JSON object a line, as `collect.py` packs them.

A drawing has
    id         "noto/cat-face", unique
    set        the icon set it comes from
    style      one style name per set ("cartoon")
    name       what its set calls it, as words
    subject    canonical label, equal over all sets that draw the same thing
    synonyms   other names that mean exactly this subject and no other
    tags       loose words, shared by many subjects
    group      emojibase's group (0 smileys … 8 symbols), or null for a drawing that is no emoji
    weight     sampling weight in (0, 1]; near-duplicates share 1 among them
    directed   must not be mirrored: text, digits, arrows, left and right
    pictorial  a thing, which may be counted, combined and placed; not an interface symbol
    svg        the drawing itself, square or not, its colours resolved
"""
import json
import lzma
from pathlib import Path

FIELDS = ("id", "set", "style", "name", "subject", "synonyms", "tags", "group", "weight", "directed", "pictorial", "svg")
DEFAULT_PATH = Path(__file__).resolve().parent.parent / "build" / "data" / "drawings.jsonl.xz"


def load(path=None, subjects=None, styles=None):
    """Drawings as a list of dicts, in the file's order; `subjects` and `styles` keep only what they name."""
    path = Path(path or DEFAULT_PATH)
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run collect.py first")
    keep_subjects, keep_styles = (None if wanted is None else set(wanted) for wanted in (subjects, styles))
    opened = lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8")
    with opened as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows
            if (keep_subjects is None or row["subject"] in keep_subjects)
            and (keep_styles is None or row["style"] in keep_styles)]


def save(rows, path):
    """Writes rows as xz-compressed lines; equal rows give equal bytes."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    with lzma.open(partial, "wt", preset=9 | lzma.PRESET_EXTREME, encoding="utf-8", newline="\n") as lines:
        for row in rows:
            lines.write(json.dumps({field: row[field] for field in FIELDS}, ensure_ascii=False, separators=(",", ":")) + "\n")
    partial.replace(path)
