"""The judge: a convolutional network that classifies a picture's subject and style and locates its objects.

    picture 96² → maps of stride 2, 4, 8, 16
    places: maps of stride 8 and 16            → for each of 12 × 12 cells: whether an object's middle is there, and its label
    whole:  means of all maps and of their squares, weighted by the cells' relevance → subject, style; these features are
            also used for KID

Style is visible in edges and surfaces, hence the fine maps and the squares. The whole and the cells share one table of
labels, so that an object has the same label alone and among others.
"""
import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from evaluation.augment import over, shrink

SIDE = 96
CELLS = 12
THRESHOLD = 0.4  # of a cell's probability of containing a middle
SIZES = {"everyday": dict(widths=(24, 48, 96, 192), depths=(1, 1, 1)), "all": dict(widths=(32, 56, 104, 176), depths=(2, 2, 2))}


class Residual(nn.Module):
    """relu(x + conv(relu(conv(x)))) with 3 × 3 convolutions, each followed by batch norm."""

    def __init__(self, width):
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(2))
        self.first_norm, self.second_norm = nn.BatchNorm2d(width), nn.BatchNorm2d(width)

    def forward(self, x):
        return F.relu(x + self.second_norm(self.second(F.relu(self.first_norm(self.first(x))))))


def halve(width, wider, kernel=3):
    return nn.Sequential(nn.Conv2d(width, wider, kernel, 2, 1, bias=False), nn.BatchNorm2d(wider), nn.ReLU())


def to_cells(x):
    """Maps of any stride as [B, C, 12, 12]."""
    side = x.shape[-1]
    return F.avg_pool2d(x, side // CELLS) if side >= CELLS else F.interpolate(x, scale_factor=CELLS / side)


class Judge(nn.Module):
    def __init__(self, subjects, styles, widths, depths):
        super().__init__()
        self.labels = {"subjects": list(subjects), "styles": list(styles)}
        self.size = dict(widths=list(widths), depths=list(depths))
        blocks = [halve(3, widths[0], 4)]
        for k, depth in enumerate(depths):
            blocks.append(nn.Sequential(halve(widths[k], widths[k + 1]), *[Residual(widths[k + 1]) for _ in range(depth)]))
        self.stages = nn.ModuleList(blocks)  # strides 2, 4, 8, 16
        *_, fine, last = widths
        self.subject = nn.Linear(last, len(subjects))  # the table of labels, for whole and cells
        self.lift = nn.Conv2d(last, fine, 1, bias=False)
        self.place = nn.Sequential(nn.BatchNorm2d(fine), nn.ReLU(), nn.Conv2d(fine, fine, 3, padding=1, bias=False), nn.BatchNorm2d(fine), nn.ReLU(),
                                   nn.Conv2d(fine, last, 1, bias=False), nn.BatchNorm2d(last))
        self.middle = nn.Conv2d(last, 1, 1)
        nn.init.constant_(self.middle.bias, -4.0)  # few cells contain a middle
        self.where = nn.Conv2d(last, 1, 1)
        self.norm = nn.BatchNorm1d(2 * sum(widths), affine=False)
        self.style = nn.Sequential(nn.Linear(2 * sum(widths), last), nn.ReLU(), nn.Linear(last, len(styles)))

    def forward(self, rgb):
        """rgb [B, 3, 96, 96] in [0, 1] → features of the whole [B, D] and of the cells [B, last, 12, 12]."""
        maps = [rgb * 2 - 1]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        cells = self.place(F.interpolate(self.lift(maps[-1]), scale_factor=2.0) + maps[-2])
        weight = self.where(cells).float().flatten(1).softmax(1)
        flat = torch.cat([to_cells(x) for x in maps[1:]] + [to_cells(x * x) for x in maps[1:]], 1).float().flatten(2)
        return self.norm((flat @ weight[:, :, None])[:, :, 0]), cells

    def name(self, whole):
        """Logits of the subjects."""
        last = self.subject.in_features
        return self.subject(whole[..., whole.shape[-1] // 2 - last : whole.shape[-1] // 2])


@dataclass
class Finding:
    """The judge's result for one picture."""
    subject: str
    style: str
    objects: list = field(default_factory=list)  # (label, x, y), most certain first
    features: torch.Tensor | None = None  # [D]


def peaks(heat):
    """Local maxima above the threshold, bool [B, 12, 12]: the largest of their 3 × 3 neighbourhood, the first among equals."""
    heat = heat + torch.linspace(1e-4, 0, heat[0].numel(), device=heat.device).view_as(heat[0])
    return (heat == F.max_pool2d(heat[:, None], 3, 1, 1)[:, 0]) & (heat > THRESHOLD)


@torch.no_grad()
def look(judge, pictures, batch=64):
    """Findings for premultiplied RGBA pictures: a tensor [B, 4, H, W], or a list of [4, H, W] of any sizes."""
    judge.eval()
    where = next(judge.parameters()).device
    subjects, styles = judge.labels.values()
    findings = []
    for start in range(0, len(pictures), batch):
        small = torch.cat([shrink(p[None].float().to(where), SIDE) for p in pictures[start : start + batch]])
        whole, cells = judge(over(small))
        heat = judge.middle(cells)[:, 0].sigmoid()
        for b, found in enumerate(peaks(heat)):
            at = sorted(found.nonzero().tolist(), key=lambda cell: -heat[b, cell[0], cell[1]])
            names = judge.subject(cells[b, :, [y for y, _ in at], [x for _, x in at]].T).argmax(1).tolist() if at else []
            objects = [(subjects[n], (x + 0.5) / CELLS, (y + 0.5) / CELLS) for n, (y, x) in zip(names, at)]
            pick = lambda head, labels: labels[int(head(whole[b]).argmax())]
            findings.append(Finding(pick(judge.name, subjects), pick(judge.style, styles), objects, whole[b].cpu()))
    return findings


def save(path, net, about):
    """Writes weights in f16, and beside them a JSON with labels, sizes and `about`."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: value.half() if value.is_floating_point() else value for name, value in net.state_dict().items()}
    save_file({name: value.contiguous().cpu() for name, value in weights.items()}, path)
    path.with_suffix(".json").write_text(json.dumps({"labels": net.labels, "size": net.size, **about}, indent=1) + "\n")


def load(path, kind=Judge):
    """The network of a file in evaluation mode, and its JSON."""
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run evaluate.py --train-judges {path.stem.removesuffix('-reader')} first")
    about = json.loads(path.with_suffix(".json").read_text())
    net = kind(**about["labels"], **about["size"])
    net.load_state_dict(load_file(path))
    return net.eval(), about
