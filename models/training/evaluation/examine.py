"""Examines the judge on real renders, before it judges pictures, and on pictures that show nothing.

REAL       real renders of side 256 as they are, of all subjects and looks
LOOK       whether style.py finds their look in them when they are worn
PLACED     the same, moved, bent and recoloured as in the judge's training, with other random numbers
WORN       the same, with the surface of generated pictures: detail of 64², noise, seams
UNSEEN     drawings that the judge had not learnt when it was asked; it has learnt them since
MUSH       mush made from drawings: right if the judge sees nothing
"""
import torch

from evaluation import augment, judge as judging, mush, style
from evaluation.real import SIDE

REAL, PLACED, WORN, LOOK = "subject, real renders", "subject, real renders, moved and recoloured", "subject, the same, worn as generated pictures", "look, real renders worn as generated pictures"
UNSEEN, MUSH, FALSE = "subject, drawings that it had not learnt", "mush seen as nothing", "real renders seen as nothing"
EXAMINED = 2000  # drawings
FIRST = 10**9  # numbers of batches that training never reaches


def sample(real, count):
    """Indices of drawings, spread evenly."""
    return list(range(0, len(real.rows), max(1, len(real.rows) // count)))


def pictures_of(real, chosen):
    return torch.from_numpy(real.pixels[chosen, :4]).float() / 255


def examine(jury, count=EXAMINED, batch=64):
    """name → (right, count), and the mistakes as (name, truth, answer)."""
    real, net = jury.real, jury.judge
    shares, mistakes = {}, []

    def mark(name, correct, truth=None, answer=None):
        hits, seen = shares.get(name, (0, 0))
        shares[name] = hits + bool(correct), seen + 1
        if not correct and truth:
            mistakes.append((name, truth, answer))

    chosen = sample(real, count)
    for number, start in enumerate(range(0, len(chosen), batch)):
        rows = [real.rows[k] for k in chosen[start : start + batch]]
        plain = pictures_of(real, chosen[start : start + batch])
        generator = torch.Generator().manual_seed(FIRST + number)
        placed = augment.some(augment.recolour, 0.6, augment.place(plain, generator, SIDE, torch.ones(len(rows))), generator)
        worn = augment.wear(augment.shrink(placed, judging.SIDE), generator)
        for name, shown in ((REAL, plain), (PLACED, placed), (WORN, worn)):
            for row, finding in zip(rows, judging.look(net, shown)):
                truth = f"{row['look']} {row['subject']}"
                mark(name, real.merges.same_subject(finding.subject, row["subject"], row["look"]), truth, finding.subject)
                if name == REAL:
                    mark(FALSE, finding.subject == judging.NOTHING)
        for row, picture in zip(rows, augment.wear(augment.shrink(plain, judging.SIDE), generator)):
            seen = style.nearest(picture, row["subject"], jury.small)
            mark(LOOK, seen == row["look"], f"{row['look']} {row['subject']}", seen)
        if number % 4 == 0:
            for finding in judging.look(net, mush.make(augment.shrink(placed, judging.SIDE), generator)):
                mark(MUSH, finding.subject == judging.NOTHING)
    if jury.about.get("unseen"):
        shares[UNSEEN] = tuple(jury.about["unseen"])
    return {"shares": shares, "mistakes": mistakes}
