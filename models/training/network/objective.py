"""The training objective: the network predicts the clean picture, and the loss is that of velocity (JiT, arXiv 2511.13720)."""
import torch

WEIGHT_MAX = 5.0  # upper limit of 1 / (1 - t); beyond, errors that nobody sees would outweigh the others


def noisy(data, t, noise, generator):
    """The mix of data [B, C, H, W] and noise of standard deviation `noise` at times t, [B, 1, 1, 1] or a number."""
    return t * data + (1 - t) * noise * torch.randn(data.shape, generator=generator, device=data.device)


def times(count, mixture, generator, device):
    """Times [count, 1, 1, 1], each from one part of a mixture: "start", the share of exactly 0, from which every picture is
    drawn; "uniform", the share of uniform times; the others are logit-normal with "mean" and "deviation"."""
    draw = lambda make: make(count, 1, 1, 1, generator=generator, device=device)
    part, even, normal = draw(torch.rand), draw(torch.rand), draw(torch.randn)
    t = torch.sigmoid(normal * mixture["deviation"] + mixture["mean"])
    t = torch.where(part < mixture["start"] + mixture["uniform"], even, t)
    return torch.where(part < mixture["start"], 0.0, t)


def velocity_loss(clean, data, t, weight=None, sharp=0.0):
    """Mean square error of the velocity that a predicted clean picture implies, see `weighed`."""
    return weighed((clean.float() - data) * (1 / (1 - t)).clamp(max=WEIGHT_MAX), weight, sharp)


def weighed(error, weight=None, sharp=0.0):
    """Mean square of an error [B, C, H, W], plus `sharp` times that of its spatial gradients; weight [B, 1, H, W] or None
    counts pixels.

    The optimum stays the same (the mean of all possible pictures), but edges are learned earlier. The gradient term gives
    edges, and seams between patches, as much weight as the smooth areas that dominate a square error.
    """
    mean = lambda square, weight: (square if weight is None else square * weight).mean()
    loss = mean(error.square(), weight)
    if sharp:
        across, down = (None, None) if weight is None else (weight[..., 1:], weight[..., 1:, :])
        loss = loss + sharp * (mean(error.diff(dim=-1).square(), across) + mean(error.diff(dim=-2).square(), down))
    return loss
