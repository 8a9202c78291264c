"""The judge: a convolutional network that names the subject of a thing on nothing, or says that it is nothing.

    picture 64² → maps of stride 2, 4, 8, 16
    subject: the last map in 3 × 3 parts and as a whole → 256 features, also used for KID → one of the subjects, or NOTHING
    
A side of 64 keeps all of a generated picture, which was drawn at 64² and enlarged. The judge reads alpha as a fourth channel.
"""
import json
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from evaluation.augment import over, shrink

SIDE = 64
NOTHING = "nothing"  # the label of mush
PARTS = 3


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


class Judge(nn.Module):
    def __init__(self, subjects, widths=(32, 64, 128, 256), depths=(1, 1, 1), features=256):
        """subjects: labels, NOTHING among them."""
        super().__init__()
        self.labels = {"subjects": list(subjects)}
        self.size = dict(widths=list(widths), depths=list(depths), features=features)
        blocks = [halve(4, widths[0], 4)]
        for k, depth in enumerate(depths):
            blocks.append(nn.Sequential(halve(widths[k], widths[k + 1]), *[Residual(widths[k + 1]) for _ in range(depth)]))
        self.stages = nn.ModuleList(blocks)  # strides 2, 4, 8, 16
        self.whole = nn.Sequential(nn.Linear((PARTS**2 + 1) * widths[-1], features, bias=False), nn.BatchNorm1d(features), nn.ReLU())
        self.subject = nn.Linear(features, len(subjects))

    def maps(self, x):
        """x [B, 4, H, W] from `eyes` → the maps [B, C, H / stride, W / stride] of strides 2, 4, 8, 16, for any sides."""
        found = []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return found

    def forward(self, x):
        """x [B, 4, 64, 64] from `eyes` → features [B, D], logits of subjects."""
        last = self.maps(x)[-1].float()
        features = self.whole(torch.cat([F.adaptive_avg_pool2d(last, PARTS).flatten(1), last.mean((2, 3))], 1))
        return features, self.subject(features)


def eyes(pictures):
    """Premultiplied RGBA [B, 4, H, W] in [0, 1] as the judge reads it: colour over grey, and alpha, in [-1, 1]."""
    return torch.cat([over(pictures), pictures[:, 3:]], 1) * 2 - 1


@dataclass
class Finding:
    """The judge's result for one picture."""
    subject: str
    certainty: float  # probability of the subject
    features: torch.Tensor | None = None  # [D]


@torch.no_grad()
def look(judge, pictures, batch=64):
    """Findings for premultiplied RGBA pictures: a tensor [B, 4, H, W], or a list of [4, H, W] of any sizes."""
    judge.eval()
    where = next(judge.parameters()).device
    subjects = judge.labels["subjects"]
    findings = []
    for start in range(0, len(pictures), batch):
        small = torch.cat([shrink(p[None].float().to(where), SIDE) for p in pictures[start : start + batch]])
        features, subject = judge(eyes(small))
        certainty, named = subject.softmax(1).max(1)
        for k in range(len(small)):
            findings.append(Finding(subjects[int(named[k])], float(certainty[k]), features[k].cpu()))
    return findings


def pack(weights):
    """Tensors for storage: convolutions and matrices as int8 rows with f16 scales, the rest in f16."""
    packed = {}
    for name, value in weights.items():
        if value.ndim > 1:
            scale = value.flatten(1).abs().amax(1).clamp(min=1e-8).view(-1, *[1] * (value.ndim - 1)).float() / 127
            packed[name], packed[f"{name}.scale"] = (value / scale).round().to(torch.int8), scale.half()
        else:
            packed[name] = value.half() if value.is_floating_point() else value
    return packed


def unpack(packed):
    scaled = lambda name, value: value.float() * packed[f"{name}.scale"].float() if f"{name}.scale" in packed else value
    return {name: scaled(name, value) for name, value in packed.items() if not name.endswith(".scale")}


def save(path, net, about):
    """Writes the weights, and beside them a JSON with labels, sizes and `about`."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous().cpu() for name, value in pack(net.state_dict()).items()}, path)
    path.with_suffix(".json").write_text(json.dumps({"labels": net.labels, "size": net.size, **about}) + "\n")


def load(path):
    """The network of a file in evaluation mode, and its JSON."""
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run evaluate.py --train-judge first")
    about = json.loads(path.with_suffix(".json").read_text())
    net = Judge(**about["labels"], **about["size"])
    net.load_state_dict(unpack(load_file(path)))
    return net.eval(), about
