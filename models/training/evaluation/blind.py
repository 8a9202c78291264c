"""Blind naming: a person names numbered pictures without their prompts; only afterwards answers and prompts are joined.

    prepare  pictures of the natural prompts, mixed with controls, in a random order:
             FOLDER/01.png …, sheet-1.png …, answers.txt (the form), key.txt (unreadable without `score`)
    score    reads the form; refuses it while a number has no answer; writes result.json and result.png

The controls keep the namer honest. Real renders show how well drawings can be named at all; pictures of other subjects
show whether somebody guesses from the list of prompts.

An answer counts if it is one of the names that were accepted beforehand (naming.py). Where that rule is wrong, a person may
overrule it in FOLDER/judgements.txt, with a reason: `07 yes a pony is what a child calls a horse`. Both counts are reported.
"""
import base64
import json
import random
import re
import zlib
from pathlib import Path

import torch

from evaluation import naming, sheet

FORM, KEY, JUDGEMENTS = "answers.txt", "key.txt", "judgements.txt"
HEAD = "# What does each picture show? Write the thing's name after the number, ? if you cannot tell.\n"
PER_SHEET = 20


class FormError(ValueError):
    """The form or the judgements are incomplete."""


def prepare(folder, entries, order=None):
    """entries: dicts with picture [4, H, W], prompt, accept (names) and kind ("natural", "real" or "other"). `order`: a
    seed, for tests; otherwise nobody knows it."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / KEY).exists():
        raise FormError(f"{folder} has pictures already: give another folder")
    (random.Random(order) if order is not None else random.SystemRandom()).shuffle(entries)
    numbers = [f"{k + 1:02}" for k in range(len(entries))]
    for number, entry in zip(numbers, entries):
        sheet.tile(entry["picture"], 256).save(folder / f"{number}.png")  # new pixels: a file from the engine names its prompt
    for k in range(0, len(entries), PER_SHEET):
        page = sheet.Page(5, (sheet.LARGE, sheet.LARGE + sheet.LINE + 4))
        page.heading("what is it?")
        for number, entry in list(zip(numbers, entries))[k : k + PER_SHEET]:
            page.add([sheet.tile(entry["picture"], sheet.LARGE)], [number])
        page.draw(folder / f"sheet-{k // PER_SHEET + 1}.png")
    (folder / FORM).write_text(HEAD + "".join(f"{number}: \n" for number in numbers))
    key = {number: {name: entry[name] for name in ("prompt", "accept", "kind")} for number, entry in zip(numbers, entries)}
    (folder / KEY).write_bytes(base64.b64encode(zlib.compress(json.dumps(key).encode())))


def answers(folder, numbers):
    """number → answer. Raises FormError unless every number has one."""
    found = dict(re.findall(r"^(\d+):[ \t]*(\S.*)$", (Path(folder) / FORM).read_text(), re.M))
    missing = [number for number in numbers if number not in found]
    if missing:
        raise FormError(f"{FORM} has no answer for {', '.join(missing)}: write ? if you cannot tell")
    return {number: found[number].strip() for number in numbers}


def judgements(folder, numbers):
    """number → (verdict, reason) of the overruled ones."""
    path = Path(folder) / JUDGEMENTS
    found = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        match = re.match(r"^(\d+) (yes|no) (\S.{4,})$", line)
        if line.strip() and not match or match and match[1] not in numbers:
            raise FormError(f"{JUDGEMENTS}: {line!r} is not a number, yes or no, and a reason")
        if match:
            found[match[1]] = match[2] == "yes", match[3]
    return found


def score(folder, names):
    """Joins answers and prompts. `names`: all known names of things, so that a hot dog is no dog. Returns the result, which is
    written to result.json: counts per kind, and a row per picture."""
    folder = Path(folder)
    key = json.loads(zlib.decompress(base64.b64decode((folder / KEY).read_bytes())))
    given, overruled = answers(folder, key), judgements(folder, key)
    listed = [name for entry in key.values() if entry["kind"] == "natural" for name in entry["accept"]]
    rows = []
    for number, entry in key.items():
        by_rule = naming.counts(given[number], entry["accept"], names)
        verdict, reason = overruled.get(number, (by_rule, None))
        rows.append({"number": number, "kind": entry["kind"], "prompt": entry["prompt"], "answer": given[number], "by_rule": by_rule,
                     "right": verdict, "reason": reason})
    of = lambda kind: [row for row in rows if row["kind"] == kind]
    guessed = [row["number"] for row in of("other") if not row["right"] and naming.counts(row["answer"], listed, names)]
    result = {kind: {"right": sum(row["right"] for row in of(kind)), "by_rule": sum(row["by_rule"] for row in of(kind)), "count": len(of(kind))}
              for kind in ("natural", "real", "other")} | {"others_named_like_a_prompt": guessed, "rows": rows}
    (folder / "result.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    _sheet(folder, rows)
    return result


def _sheet(folder, rows):
    page = sheet.Page(10, (sheet.TILE, sheet.TILE + 4 * sheet.LINE + 4))
    for kind in ("natural", "real", "other"):
        shown = [row for row in rows if row["kind"] == kind]
        page.heading(f"{kind}: {sum(row['right'] for row in shown)} of {len(shown)} named")
        for row in shown:
            page.add([sheet.opened(folder / f"{row['number']}.png", sheet.TILE)],
                     [*sheet.wrapped(row["prompt"]), f"{row['number']} “{row['answer']}”"[:26]], sheet.RIGHT if row["right"] else sheet.WRONG)
    page.draw(folder / "result.png")


def report(result):
    """The result as text."""
    share = lambda kind: f"{result[kind]['right']} of {result[kind]['count']} ({result[kind]['by_rule']} by the names accepted beforehand)"
    lines = [f"natural prompts named blind: {share('natural')}", f"real renders named: {share('real')}",
             f"pictures of other subjects named: {share('other')}; as a thing of the prompts: {len(result['others_named_like_a_prompt'])}"]
    wrong = [row for row in result["rows"] if not row["right"]]
    lines += ["not named:"] + [f"  {row['number']} {row['kind']}: {row['prompt']!r} was called {row['answer']!r}" for row in wrong]
    return "\n".join(lines)
