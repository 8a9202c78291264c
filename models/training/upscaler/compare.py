"""Compares ways to enlarge on held-out drawings, once, twice and thrice, against vector renders of the final size.

Writes a table (compare.md), the figures (compare.json) and sheets to look at.
"""
import json
from collections import defaultdict
from pathlib import Path

import torch

from data import raster
from upscaler import inputs, measures, renders, rivals, sheet
from upscaler.pairs import real

CLEAN, CLEANED, STEPPED = "clean", "cleaned", "stepped"
HUGE = 4096
TWICE, THRICE = 16, 2  # drawings that are enlarged twice and thrice
COLUMNS = {"psnr": "PSNR dB", "alpha": "alpha MAE", "black": "rim on black", "white": "rim on white", "structure": "GMSD",
           "edge": "edge px", "shrunk": "shrunk /255"}


def figures(picture, truth, small):
    """The measures of one picture; None where it has no such edge."""
    rims, edges = measures.rim_error(picture, truth) or (None, None), measures.edge_widths(picture, truth)
    return {"psnr": measures.psnr(picture, truth), "alpha": measures.alpha_error(picture, truth), "black": rims[0],
            "white": rims[1], "structure": measures.structure_distance(picture, truth),
            "edge": edges.median().item() if len(edges) else None, "shrunk": measures.shrunk_error(picture, small)}


def mean(rows):
    """Means of each measure over pictures, without those that lack it."""
    values = {name: [row[name] for row in rows if row[name] is not None] for name in COLUMNS}
    return {name: sum(some) / len(some) for name, some in values.items() if some}


class Held:
    """The held-out drawings: their inputs at 64² by kind, and their truths at each size."""

    def __init__(self, folder):
        self.rows, self.middle, self.large = renders.load(folder, "held")
        self.made = dict(zip((CLEANED, STEPPED), inputs.load(folder, "held")))

    def input(self, k, kind):
        if kind == CLEAN:
            return torch.from_numpy(renders.shrunk(self.middle[k]))
        copies = self.made[kind][k]
        return real(copies[k % len(copies)])

    def truth(self, k, times):
        if times == 3:
            return real(raster.render(self.rows[k]["svg"], HUGE))
        return real((self.middle, self.large)[times - 1][k])


def measured(held, ways, kinds, count, times, looks=False):
    """{(way, kind): means} over the first `count` drawings, enlarged `times` times; with `looks`, {(way, kind, look): means}."""
    found = defaultdict(list)
    for k in range(count):
        truth = held.truth(k, times)
        for kind in kinds:
            small = held.input(k, kind)
            for name, enlarge in ways.items():
                picture = small
                for _ in range(times):
                    picture = enlarge(picture)
                entry = figures(picture, truth, small)
                found[name, kind].append(entry)
                if looks:
                    found[name, f"{kind}, {held.rows[k]['look']}"].append(entry)
    return {key: mean(rows) for key, rows in found.items()}


def table(title, means):
    lines = [f"## {title}", "", f"| way | input | {' | '.join(COLUMNS.values())} |", "|---" * (len(COLUMNS) + 2) + "|"]
    for (way, kind), row in sorted(means.items(), key=lambda item: (item[0][1], item[0][0])):
        cells = [f"{row[name]:.4f}" if name in ("alpha", "black", "white", "structure") else f"{row[name]:.2f}" for name in COLUMNS]
        lines.append(f"| {way} | {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


def compare(folder, net, published, out, note=print):
    """`net`: the upscaler; published: the three-channel network that it began as."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    held = Held(folder)
    ways = {"lanczos": rivals.lanczos, "untouched": rivals.untouched(published), "ours": rivals.ours(net)}
    plans = [("Once: 64² to 256²", (CLEAN, CLEANED, STEPPED), len(held.rows), 1), ("Twice: 64² to 1024²", (CLEAN, CLEANED), TWICE, 2),
             ("Thrice: 64² to 4096²", (CLEAN,), THRICE, 3)]
    parts, results = [], {}
    for title, kinds, count, times in plans:
        means = measured(held, ways, kinds, count, times, looks=times == 1)
        parts.append(table(f"{title}, {count} drawings", means))
        results[title] = {"/".join(key): row for key, row in means.items()}
        note(parts[-1])
    (out / "compare.md").write_text("\n\n".join(parts) + "\n")
    (out / "compare.json").write_text(json.dumps(results, indent=1))
    sheet.once(out / "sheet.png", held, ways)
    sheet.twice(out / "sheet-1024.png", held, ways)
    return results
