"""The engine's sampler in PyTorch: Euler on a uniform time grid, guidance within an interval."""
import torch

REMAINING_MIN = 0.02
HAZE = 8 / 255  # alpha that a network leaves where nothing is, and lacks where all is opaque; as the engine's


def time_grid(steps):
    return [i / steps for i in range(steps + 1)]


def advance(x, clean, start, end):
    """One Euler step from time `start` to `end`, towards the clean picture predicted at `start`."""
    return x + (end - start) / max(1 - start, REMAINING_MIN) * (clean - x)


def guided(foresee, x, condition, txt, empty, scale, against=None, contrast=0.0):
    """The clean picture predicted with guidance. `foresee(x, condition, txt)` predicts; txt, empty and against are
    [B, L, width].

    `scale` guides away from the prediction without text, `contrast` away from the prediction with `against`, a text that
    differs from txt in one respect, which is thereby emphasized (Composable Diffusion, Liu et al., arXiv 2206.01714).
    """
    texts = [txt] + [empty] * (scale != 1) + [against] * (contrast != 0)
    if len(texts) == 1:
        return foresee(x, condition, txt)
    many = None if condition is None else torch.cat([condition] * len(texts))
    clean, *others = foresee(torch.cat([x] * len(texts)), many, torch.cat(texts)).float().chunk(len(texts))
    strengths = [scale - 1] * (scale != 1) + [contrast] * (contrast != 0)
    return clean + sum(strength * (clean - other) for strength, other in zip(strengths, others))


@torch.no_grad()
def sample(net, tokens, size, *, steps=20, times=None, guidance=3.0, interval=(0.05, 0.95), noise=1.0, seed=0, condition=None,
           batch=16, core=None):
    """Pictures [B, C, H, W], approximately in [-1, 1], for tokens [B, L]; `size` is (height, width), `times` a grid
    from 0 to 1 instead of `steps` equal steps; core: what computes for `net` (trainer.core)."""
    device = next(net.parameters()).device
    encode, foresee = (core.encode, core.picture) if core else (net.encode_text, net.picture)
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(len(tokens), net.channels, *size, generator=generator) * noise
    out, times = [], times or time_grid(steps)
    for first in range(0, len(tokens), batch):
        part = slice(first, first + batch)
        x, ids = start[part].to(device), tokens[part].to(device)
        known = None if condition is None else condition[part].to(device)
        txt, empty = encode(ids), encode(torch.zeros_like(ids))
        for now, then in zip(times, times[1:]):
            scale = guidance if interval[0] < now < interval[1] else 1
            clean = guided(foresee, x, known, txt, empty, scale)
            x = advance(x, clean.float(), now, then)
        out.append(x)
    return torch.cat(out)


def exported(x):
    """A network's output [B, 4, H, W], approximately in [-1, 1], as the engine exports it: premultiplied RGBA in [0, 1], with
    alpha stretched so that HAZE is nothing and 1 - HAZE is opaque."""
    rgb, alpha = x[:, :3] / 2 + 0.5, (x[:, 3:] / 2 + 0.5).clamp(0, 1)
    stretched = ((alpha - HAZE) / (1 - 2 * HAZE)).clamp(0, 1)
    straight = rgb.clamp(min=0).minimum(alpha) / alpha.clamp(min=HAZE)
    return torch.cat([straight * stretched, stretched], 1)
