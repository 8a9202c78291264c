"""A judge's feature maps as a distance of pictures, for training: edges and parts count, not pixels (as LPIPS, arXiv 1801.03924).

    features = Features()                      # committed and frozen; not the judge that judges pictures
    loss = distance(features(made), features(true).detach())   # gradients flow into `made`

Pictures are premultiplied RGBA [B, 4, H, W] in [0, 1] with sides that are multiples of 16. The judge learnt things of side 64:
pass the drawer's pictures at their own 64², and of enlarged pictures crops of 64 or 128 px.
"""
from torch import nn

from evaluation import judge as judging
from evaluation.learn import TEACHES

EPSILON = 1e-6


class Features(nn.Module):
    """pictures → maps [B, C, H / stride, W / stride] of strides 2, 4, 8, 16, each position of unit length."""

    def __init__(self, path=TEACHES):
        super().__init__()
        self.judge, _ = judging.load(path)
        self.judge.requires_grad_(False)

    def train(self, mode=True):
        """Stays in evaluation mode: the judge's statistics are fixed."""
        return super().train(False)

    def forward(self, pictures):
        maps = self.judge.maps(judging.eyes(pictures))
        return [found / (found.square().sum(1, keepdim=True) + EPSILON).sqrt() for found in maps]


def distance(made, true):
    """Mean over strides and positions of the squared distance of unit features: 0 for equal pictures, at most 2."""
    return sum((a - b).square().sum(1).mean() for a, b in zip(made, true)) / len(true)
