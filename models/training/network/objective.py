"""What the network is asked: the clean picture behind a noisy one, judged as velocity (JiT, arXiv 2511.13720)."""
import torch

WEIGHT_MAX = 20.0  # 1 / (1 - t) is held below this


def noisy(data, t, noise, generator):
    """The mix of data [B, C, H, W] and noise of deviation `noise` at times t [B, 1, 1, 1] or one number."""
    return t * data + (1 - t) * noise * torch.randn(data.shape, generator=generator, device=data.device)


def times(count, mean, deviation, generator, device):
    """Logit-normal times [count, 1, 1, 1]."""
    t = torch.randn(count, 1, 1, 1, generator=generator, device=device)
    return torch.sigmoid(t * deviation + mean)


def velocity_loss(clean, data, t, sharp=0.0):
    """Mean square error of the velocity that a foreseen clean picture stands for, its slopes weighed with `sharp`."""
    return weighed((clean.float() - data) * (1 / (1 - t)).clamp(max=WEIGHT_MAX), sharp)


def weighed(error, sharp):
    """Mean square of an error [B, C, H, W], plus `sharp` times that of its slopes along both axes.

    The best answer stays the same (the mean of what is possible); what changes is what is learnt first. A slope counts
    edges, and the seams between patches, as much as the soft gradients that make up most of a square error.
    """
    loss = error.square().mean()
    if sharp:
        loss = loss + sharp * (error.diff(dim=-1).square().mean() + error.diff(dim=-2).square().mean())
    return loss
