"""The complete evaluation: examines the judge, measures the pictures with two references, writes table, files and sheets.

Column "real" is the result for renders of the same prompts, the score of a perfect model. Column "shuffled" is the result
for the same renders under other prompts, the score of a perfect model that ignores its prompt. An unreliable measure is low
in the first column or high in the second.
"""
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import torch

from evaluation import edits, examine, judge as judging, measure, sheet, verdict
from evaluation.labels import noun
from evaluation.learn import PATH
from evaluation.real import Lazily, open_all, open_bank, open_drawn, open_wanted
from scenes.held_out import colour_held_out

PICTURED = 24  # pictures on the sheet of nearest drawings
KEYS = ("subject", "style", "colour", "bound", "alpha", "synonyms", "unseen", "kid", "judge_real", "judge_unseen")
EDITOR = "edits are drawn by the package's twin in PyTorch: the command cannot edit yet"


@dataclass
class Jury:
    judge: Any
    about: dict
    real: Any  # the asked drawings, at the side of judged pictures
    drawn: Any  # all drawings, smaller
    small: Any  # all drawings, at the side at which things are drawn

    @classmethod
    def load(cls, prompts, path=PATH):
        net, about = judging.load(path)
        real = open_wanted((prompt["subject"], prompt["look"]) for prompt in prompts)
        unknown = {noun(subject) for subject in real.subjects} - set(net.labels["subjects"])
        if unknown:
            raise FileNotFoundError(f"the judge does not know {len(unknown)} subjects ({', '.join(sorted(unknown)[:3])}, …): "
                                    "the drawings have changed, run evaluate.py --train-judge again")
        return cls(net, about, real, open_all(), open_drawn())

    def renders(self, prompts):
        """Real renders of prompts, [4, S, S] each."""
        return Lazily(lambda prompt: self.real.painted(prompt["subject"], prompt["look"], prompt["colour"]), prompts)

    def verdicts(self, prompts, pictures):
        return verdict.judge_all(prompts, pictures, self.judge, self.small)


def others(prompts):
    """Another prompt of the same group for each prompt."""
    groups = defaultdict(list)
    for k, prompt in enumerate(prompts):
        groups[prompt["group"]].append(k)
    turned = {k: members[(n + max(1, len(members) // 3)) % len(members)] for members in groups.values() for n, k in enumerate(members)}
    return [prompts[turned[k]] for k in range(len(prompts))]


def features(prompts, verdicts):
    return torch.stack([given.features for prompt, given in zip(prompts, verdicts) if prompt["group"] == "things"])


def reference(jury, prompts):
    """Features of real drawings of the same things, each in another look than its prompt's."""
    asked = [prompt for prompt in prompts if prompt["group"] == "things"]
    another = Lazily(lambda prompt: jury.drawn.picture(prompt["subject"], _another_look(jury.drawn, prompt)), asked)
    return torch.stack([finding.features for finding in judging.look(jury.judge, another)])


def evaluate(jury, prompts, pictures):
    """The results for table, files and sheets. Alpha is asked only where the real drawing is empty or solid everywhere."""
    real = jury.renders(prompts)
    columns = {"pictures": jury.verdicts(prompts, pictures), "real": jury.verdicts(prompts, real),
               "shuffled": jury.verdicts(prompts, jury.renders(others(prompts)))}
    for pictured, rendered, shuffled in zip(*columns.values()):
        if rendered.right.get("alpha") is False:
            for given in (pictured, rendered, shuffled):
                given.right.pop("alpha")
    result = {"examined": examine.examine(jury), "prompts": prompts, "columns": columns, "kid": {}}
    if any(prompt["group"] == "things" for prompt in prompts):
        nearby = reference(jury, prompts)
        known = {name: features(prompts, columns[name]) for name in ("pictures", "real")} | {"shuffled": scrambled(jury, prompts)}
        result["kid"] = {name: measure.kid(given, nearby) for name, given in known.items()}
    return result


def edited(twin):
    """The measures of edits: of the twin, of the drawings themselves, and of holes left as they are."""
    found = edits.collect(*open_bank())
    made = twin.edit([case.caption for case in found], torch.stack([case.known for case in found]), torch.stack([case.mask for case in found]), range(len(found)))
    shown = {"pictures": made, "real": edits.perfect(found), "shuffled": edits.copy(found)}
    return {"cases": found, "columns": {name: edits.measure(found, pictures) for name, pictures in shown.items()}, "made": made}


def _another_look(real, prompt):
    options = real.looks_of(prompt["subject"])
    return options[(options.index(prompt["look"]) + 1) % len(options)]


def scrambled(jury, prompts):
    """Features of the real renders with their pixels shuffled."""
    def shuffle(prompt):
        picture, = jury.renders([prompt])
        return picture.flatten(1)[:, torch.randperm(picture[0].numel(), generator=torch.Generator().manual_seed(0))].view_as(picture)
    shown = Lazily(shuffle, (prompt for prompt in prompts if prompt["group"] == "things"))
    return torch.stack([finding.features for finding in judging.look(jury.judge, shown)])


def parts(prompts, verdicts):
    """Finer shares: (measure, part) → (right, count), by look and by whether training showed the combination."""
    total = {}
    for prompt, given in zip(prompts, verdicts):
        for name, right in given.right.items():
            for part in (prompt["look"], *_held_out(prompt)):
                hits, count = total.get((name, part), (0, 0))
                total[name, part] = hits + right, count + 1
    return total


def _held_out(prompt):
    if prompt["group"] != "colours":
        return ()
    return ("colours never shown with the subject",) if colour_held_out(prompt["subject"], prompt["colour"]) else ("colours shown with it",)


def percent(right, count):
    low, high = measure.wilson(right, count)
    return f"{100 * right / max(count, 1):5.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def table(result):
    """The table as text: the judge's accuracies, then a row per measure, with 95 % intervals."""
    lines = ["the judge (95 % intervals):"]
    lines += [f"  {name:<44}{percent(*share)} of {share[1]}" for name, share in result["examined"]["shares"].items()]
    columns = {name: verdict.shares(given) for name, given in result["columns"].items()}
    lines += ["", f"{'measure':<14}{'n':>5}  " + "".join(f"{name:<24}" for name in columns)]
    for name in columns["pictures"]:
        shown = [shares.get(name, (0, 0)) for shares in columns.values()]
        lines.append(f"{name:<14}{shown[0][1]:>5}  " + "".join(f"{percent(*share):<24}" for share in shown))
    kids = [f"{value:.4f} ± {error:.4f}" for value, error in result["kid"].values()]
    lines += [f"{'kid':<14}{'':>5}  " + "".join(f"{kid:<24}" for kid in kids)] if kids else []
    if result.get("edited"):
        columns = result["edited"]["columns"]
        lines += ["", f"{EDITOR}:"]
        for name in edits.MEASURES:
            shown = [column.get(name, (float("nan"), 0)) for column in columns.values()]
            lines.append(f"{name:<14}{shown[0][1]:>5}  " + "".join(f"{value:<24.4f}" for value, _ in shown))
    lines += ["", "by look:"]
    fine = parts(result["prompts"], result["columns"]["pictures"])
    for name in ("subject", "style", "colour", "bound"):
        lines.append(f"  {name:<10}" + ", ".join(f"{part} {100 * right / count:.0f}" for (measured, part), (right, count) in fine.items() if measured == name))
    return "\n".join(lines)


def figures(result):
    """The figures of the JSON file, one number per key."""
    share = lambda pair: round(pair[0] / max(pair[1], 1), 4)
    shares = verdict.shares(result["columns"]["pictures"])
    values = {name: share(pair) for name, pair in shares.items()}
    if result.get("edited"):
        values |= {f"edit_{name}": round(value, 6) for name, (value, _) in result["edited"]["columns"]["pictures"].items()}
    values |= {"kid": round(result["kid"]["pictures"][0], 6)} if result["kid"] else {}
    return values | {"judge_real": share(result["examined"]["shares"][examine.REAL]),
                     "judge_unseen": share(result["examined"]["shares"][examine.UNSEEN])}


def write(result, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures(result), indent=1) + "\n")
    interval = lambda pair: {"right": pair[0], "count": pair[1], "interval": [round(end, 4) for end in measure.wilson(*pair)]}
    drawn = result["columns"]["pictures"]
    details = {
        "judge": {name: interval(pair) for name, pair in result["examined"]["shares"].items()},
        "judge_mistakes": result["examined"]["mistakes"],
        "columns": {name: {key: interval(pair) for key, pair in verdict.shares(given).items()} | {"kid": result["kid"].get(name)} for name, given in result["columns"].items()},
        "parts": {f"{name}, {part}": interval(pair) for (name, part), pair in parts(result["prompts"], drawn).items()},
        "edits": result.get("edited") and result["edited"]["columns"],
        "pictures": [{"id": prompt["id"], "prompt": prompt["prompt"], "right": given.right, "found": given.found} for prompt, given in zip(result["prompts"], drawn)],
    }
    path.with_suffix(".details.json").write_text(json.dumps(details, indent=1, ensure_ascii=False) + "\n")


def sheets(jury, prompts, pictures, result, path):
    """Writes the sample sheet, and beside it the sheet of nearest training drawings."""
    groups = defaultdict(list)
    for k, (prompt, given) in enumerate(zip(prompts, result["columns"]["pictures"])):
        groups[prompt["group"]].append((k, prompt["prompt"], given.found, all(given.right.values())))
    sheet.samples(path, pictures, groups)
    if result.get("edited"):
        edit_sheet(result["edited"], path.with_name(f"{path.stem}-edits{path.suffix}"))
    chosen = [k for k, prompt in enumerate(prompts) if prompt["group"] == "things"][:PICTURED]
    if chosen:
        nearest(jury, [pictures[k] for k in chosen], [prompts[k]["prompt"] for k in chosen], path.with_name(f"{path.stem}-nearest{path.suffix}"))


def edit_sheet(result, path, each=8):
    """Of every kind of edit: what is known, what was made, and the drawing."""
    page = sheet.Page(4, (3 * (sheet.TILE + 2), sheet.TILE + 2 * sheet.LINE + 4))
    for kind in dict.fromkeys(case.kind for case in result["cases"]):
        page.heading(f"{kind}: known or reference, made, drawing")
        shown = [(case, made) for case, made in zip(result["cases"], result["made"]) if case.kind == kind]
        for case, made in shown[:each]:
            known = case.known * (case.mask != 0) + 0.5 * (case.mask == 0)
            page.add([sheet.tile(picture, sheet.TILE) for picture in (known, made, case.truth)],
                     [case.caption[:60], ", ".join(f"{name} {'right' if right else 'wrong'}" for name, right in case.values.items())])
    page.draw(path)


def nearest(jury, pictures, captions, path):
    """The sheet of pictures beside the training drawings that are nearest by the judge's features."""
    known, step = jury.drawn, 256
    of = lambda shown: torch.stack([finding.features for finding in judging.look(jury.judge, shown)])
    drawn = torch.cat([of(torch.from_numpy(known.pixels[k : k + step, :4]).float() / 255) for k in range(0, len(known.rows), step)])
    at, cosines = sheet.nearest(of(pictures), drawn)
    names = [f"{row['look']} {row['subject']}" for row in known.rows]
    sheet.neighbours(path, pictures, captions, at, cosines, known.pixels[:, :4], names)
