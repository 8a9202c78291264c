"""The training objective: the network predicts the clean picture, and the loss is that of velocity (JiT, arXiv 2511.13720)."""
import torch

WEIGHT_MAX = 20.0  # upper limit of 1 / (1 - t)


def noisy(data, t, noise, generator):
    """The mix of data [B, C, H, W] and noise of standard deviation `noise` at times t, [B, 1, 1, 1] or a number."""
    return t * data + (1 - t) * noise * torch.randn(data.shape, generator=generator, device=data.device)


def times(count, mean, deviation, generator, device):
    """Logit-normal times [count, 1, 1, 1]."""
    t = torch.randn(count, 1, 1, 1, generator=generator, device=device)
    return torch.sigmoid(t * deviation + mean)


def velocity_loss(clean, data, t, sharp=0.0):
    """Mean square error of the velocity that a predicted clean picture implies, with gradients weighted by `sharp`."""
    return weighed((clean.float() - data) * (1 / (1 - t)).clamp(max=WEIGHT_MAX), sharp)


def weighed(error, sharp):
    """Mean square of an error [B, C, H, W], plus `sharp` times that of its spatial gradients.

    The optimum stays the same (the mean of all possible pictures), but edges are learned earlier. The gradient term gives
    edges, and seams between patches, as much weight as the smooth areas that dominate a square error.
    """
    loss = error.square().mean()
    if sharp:
        loss = loss + sharp * (error.diff(dim=-1).square().mean() + error.diff(dim=-2).square().mean())
    return loss
