"""The complete evaluation: examines the judges, measures the pictures with two references, writes table and files.

Column "real" is the result for renders of the same prompts, the score of a perfect model. Column "shuffled" is the result
for the same renders with another prompt each, the score of a perfect model that ignores its prompt. An unreliable measure
is low in the first column or high in the second.
"""
import json
from dataclasses import dataclass
from typing import Any

import torch

from evaluation import judge as judging, learn, measure, prompts as prompting, reader as reading, sheet, verdict
from evaluation.worlds import open_stage
from scenes import held_out, pack, render
from scenes.words import COLOURS

EXAMINED = 1500  # real renders per judge
PICTURED = 16  # pictures on the sheet of nearest neighbours
KID_GROUPS = ("single", "transparent", "pair", "count", "synonym")  # the judge's features do not represent letters


@dataclass
class Jury:
    judge: Any
    reader: Any
    stage: Any
    merges: Any
    examined: int
    strangers: Any = None  # stage of drawings outside the judge's training set

    @classmethod
    def load(cls, preset, quick=False):
        judge, about = judging.load(learn.JUDGES / f"{preset}.safetensors")
        reader, _ = judging.load(learn.JUDGES / "reader.safetensors", reading.Reader)
        stage = open_stage(preset, learn.SPRITE_SIDE)
        unknown = set(stage.judged.subjects) - set(about["labels"]["subjects"])
        if unknown:
            raise FileNotFoundError(f"the judge does not know {len(unknown)} subjects ({', '.join(sorted(unknown)[:3])}, …): "
                                    f"the drawings have changed, run evaluate.py --train-judges {preset} again")
        return cls(judge, reader, stage, verdict.Merges(), EXAMINED // (prompting.QUICK if quick else 1),
                   None if quick else open_stage(preset, learn.SPRITE_SIDE, "unseen"))

    def renders(self, prompts, variant, side=learn.SPRITE_SIDE):
        """Real renders of prompts, a list of [4, S, S]."""
        scenes = [prompting.scene(self.stage.world, prompt, variant) for prompt in prompts]
        return [picture for start in range(0, len(scenes), 64) for picture in render(self.stage.bank, pack(scenes[start : start + 64]), side, side)]

    def verdicts(self, prompts, pictures):
        return verdict.judge_all(prompts, pictures, self.judge, self.reader, self.merges, COLOURS)


def others(prompts):
    """Another prompt for each prompt, mostly from another group: the list rotated by a third."""
    turn = len(prompts) // 3
    return prompts[turn:] + prompts[:turn]


def features(prompts, found):
    return torch.stack([row for prompt, row in zip(prompts, found) if prompt["group"] in KID_GROUPS])


def scrambled(pictures):
    """The pictures with their pixels shuffled."""
    generator = torch.Generator().manual_seed(0)
    return [p.flatten(1)[:, torch.randperm(p[0].numel(), generator=generator)].view_as(p) for p in pictures]


def evaluate(jury, prompts, pictures):
    """The results for table, files and sheets."""
    accuracy, mistakes = learn.examine(jury.judge, jury.reader, jury.stage, jury.merges, learn.SPRITE_SIDE, jury.examined)
    beyond = jury.strangers and learn.style_of_strangers(jury.judge, jury.strangers, jury.merges)
    real = jury.renders(prompts, "real")
    columns, known = {}, {}
    for name, shown in (("pictures", pictures), ("real", real), ("shuffled", jury.renders(others(prompts), "real"))):
        rows, words, found = jury.verdicts(prompts, shown)
        columns[name] = {"shares": verdict.shares(rows), "rows": rows, "found": words}
        known[name] = features(prompts, found)
    reference = features(prompts, jury.verdicts(prompts, jury.renders(prompts, "another"))[2])
    known["shuffled"] = features(prompts, jury.verdicts(prompts, scrambled(real))[2])
    for name, column in columns.items():
        column["kid"] = measure.kid(known[name], reference)
    return {"accuracy": accuracy, "beyond": beyond, "mistakes": mistakes, "columns": columns}


def percent(right, count):
    low, high = measure.wilson(right, count)
    return f"{100 * right / max(count, 1):5.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def table(result):
    """The table as text: the judges' accuracies, then a row per measure, with 95 % intervals."""
    lines = ["judges on held-out real renders (95 % intervals):"]
    lines += [f"  {name:<13}{percent(*share)} of {share[1]}" for name, share in result["accuracy"].items()]
    if result["beyond"]:
        lines.append(f"  {'style beyond':<13}{percent(*result['beyond'])} of {result['beyond'][1]} drawings outside the judge's training set, for information")
    columns = result["columns"]
    lines += ["", f"{'measure':<14}{'n':>4}  " + "".join(f"{name:<24}" for name in columns)]
    for name in verdict.MEASURES:
        shares = [column["shares"][name] for column in columns.values()]
        lines.append(f"{name:<14}{shares[0][1]:>4}  " + "".join(f"{percent(*share):<24}" for share in shares))
    kids = [f"{value:.4f} ± {error:.4f}" for value, error in (column["kid"] for column in columns.values())]
    lines.append(f"{'kid':<14}{'':>4}  " + "".join(f"{kid:<24}" for kid in kids))
    return "\n".join(lines)


def figures(result):
    """The figures of the JSON file, one number per key."""
    share = lambda pair: round(pair[0] / max(pair[1], 1), 4)
    column = result["columns"]["pictures"]
    values = {name: share(column["shares"][name]) for name in verdict.MEASURES}
    return values | {"kid": round(column["kid"][0], 6), "classifier_real": min(map(share, result["accuracy"].values()))}


def write(result, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures(result), indent=1) + "\n")
    interval = lambda pair: {"right": pair[0], "count": pair[1], "interval": [round(end, 4) for end in measure.wilson(*pair)]}
    details = {
        "judges": {name: interval(pair) for name, pair in result["accuracy"].items()},
        "style_beyond": result["beyond"] and interval(result["beyond"]),
        "columns": {name: {key: interval(pair) for key, pair in column["shares"].items()} | {"kid": column["kid"]} for name, column in result["columns"].items()},
        "pictures": [{"right": row, "found": found} for row, found in zip(result["columns"]["pictures"]["rows"], result["columns"]["pictures"]["found"])],
        "judges_mistakes": result["mistakes"],
    }
    path.with_suffix(".details.json").write_text(json.dumps(details, indent=1, ensure_ascii=False) + "\n")


def sheets(jury, prompts, pictures, result, path):
    """Writes the sample sheet, and beside it the sheet of nearest training drawings."""
    column, groups = result["columns"]["pictures"], {}
    for prompt, picture, row, found in zip(prompts, pictures, column["rows"], column["found"]):
        groups.setdefault(prompt["group"], []).append((picture, prompt["prompt"], found, all(row.values())))
    sheet.samples(path, groups)
    neighbours(jury, prompts, pictures, path.with_stem(f"{path.stem}-neighbours"))


def neighbours(jury, prompts, pictures, path):
    """Writes transparent pictures, half of unseen combinations and half of seen ones, beside their nearest training
    drawings."""
    lone = [k for k, prompt in enumerate(prompts) if prompt["facts"]["background"] == "transparent"]
    chosen = [k for group in ("transparent", "synonym") for k in [k for k in lone if prompts[k]["group"] == group][: PICTURED // 2]]
    stage = jury.stage
    shown = [k for k, row in enumerate(stage.rows) if not held_out(row["subject"], row["style"])]
    of = lambda pictures: torch.stack([finding.features for finding in judging.look(jury.judge, pictures)])
    drawn = torch.cat([of(torch.from_numpy(stage.pixels[shown[k : k + 256]]) / 255) for k in range(0, len(shown), 256)])
    at, cosines = sheet.nearest(of([pictures[k] for k in chosen]), drawn)
    names = [f"{stage.rows[k]['style']} {stage.rows[k]['subject']}" for k in shown]
    sheet.neighbours(path, [pictures[k] for k in chosen], [prompts[k]["prompt"] for k in chosen], at, cosines, stage.pixels[shown], names)
