"""The training drawings: one JSON object per line, as `collect.py` packs them.

A drawing has
    id         "noto/cat-face", unique
    set        the icon set it comes from
    style      style name, the same for a whole set ("cartoon")
    name       name in its set, as words
    subject    canonical label, shared by all sets that draw the same thing
    synonyms   other names that mean exactly this subject
    tags       loosely related words, shared by many subjects
    group      emojibase's group (0 smileys … 8 symbols), or null if it is not an emoji
    weight     sampling weight in (0, 1]; the weights of near-duplicates sum to 1
    directed   must not be mirrored: text, digits, arrows, left and right
    pictorial  shows a thing that can be counted, combined and placed; false for interface symbols
    svg        the drawing, not necessarily square, with colours resolved
"""
import json
import lzma
from pathlib import Path

FIELDS = ("id", "set", "style", "name", "subject", "synonyms", "tags", "group", "weight", "directed", "pictorial", "svg")
DEFAULT_PATH = Path(__file__).resolve().parent.parent / "build" / "data" / "drawings.jsonl.xz"


def load(path=None, subjects=None, styles=None):
    """Drawings as a list of dicts, in the file's order; `subjects` and `styles` restrict the result."""
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
    """Writes rows as xz-compressed lines. The bytes depend on the rows alone."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    with lzma.open(partial, "wt", preset=9 | lzma.PRESET_EXTREME, encoding="utf-8", newline="\n") as lines:
        for row in rows:
            lines.write(json.dumps({field: row[field] for field in FIELDS}, ensure_ascii=False, separators=(",", ":")) + "\n")
    partial.replace(path)
