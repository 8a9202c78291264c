"""A judge's feature maps as a part of the loss (as PixelGen, arXiv 2602.02493): edges and parts count, not pixels alone."""
import torch

from evaluation.features import Features, distance
from evaluation.learn import TEACHES
from trainer.precision import half

BEGIN = 0.3  # time from which a prediction is sharp enough to have features


class FeatureLoss:
    """share: norm of its gradient relative to that of the loss; features(pictures) -> maps, else the committed ones."""

    def __init__(self, share, where, features=None):
        self.share, self.where, self.features = share, where, features or Features().to(where)

    def __call__(self, clean, data, t, slope):
        """What to add to `slope`, the loss's gradient by the predicted pictures `clean` [B, C, H, W]."""
        rows = (t.flatten() > BEGIN).nonzero().flatten()
        out = torch.zeros_like(slope)
        if len(rows) == 0:
            return out
        made = ((clean[rows] + 1) / 2).requires_grad_()
        with half(self.where):
            with torch.no_grad():
                true = self.features((data[rows] + 1) / 2)
            loss = distance(self.features(made), true)
        own, = torch.autograd.grad(loss, made)
        out[rows] = own.to(out) * (self.share * slope.norm() / own.norm().clamp(min=1e-12))
        return out


def feature_loss(share, where):
    """A FeatureLoss, or None if the share is 0 or their network has not been trained yet."""
    if share and not TEACHES.exists():
        print(f"{TEACHES} is missing: training goes on without feature loss", flush=True)
    return FeatureLoss(share, where) if share and TEACHES.exists() else None
