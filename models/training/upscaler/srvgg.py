"""SRVGGNetCompact of Real-ESRGAN (github.com/xinntao/Real-ESRGAN, BSD-3-Clause), with upstream's parameter names.

`body`: 3 × 3 convolutions, each but the last followed by a PReLU with a slope per channel. The output is the shuffled last
layer plus the enlarged input. The product's network takes four channels at once, because colour and alpha that are enlarged
separately disagree at edges and leave dark rims.
"""
import torch
import torch.nn.functional as F
from torch import nn

ALPHA = 3  # index of the alpha channel


class Srvgg(nn.Module):
    """forward(x): [B, channels, H, W] in [0, 1] -> [B, channels, scale · H, scale · W], not clamped (see `finish`)."""

    def __init__(self, channels=4, width=64, depth=16, scale=4):
        super().__init__()
        self.config = {"channels": channels, "width": width, "depth": depth, "scale": scale}
        sizes = [channels] + [width] * (depth + 1)
        body = []
        for inputs, outputs in zip(sizes, sizes[1:]):
            body += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.PReLU(outputs)]
        self.body = nn.Sequential(*body, nn.Conv2d(width, channels * scale**2, 3, padding=1))

    def forward(self, x):
        scale = self.config["scale"]
        return F.pixel_shuffle(self.body(x), scale) + F.interpolate(x, scale_factor=scale, mode="nearest")


def finish(x):
    """Valid premultiplied RGBA [B, 4, H, W]: alpha in [0, 1], colours in [0, alpha]."""
    alpha = x[:, ALPHA:].clamp(0, 1)
    return torch.cat([x[:, :ALPHA].clamp(min=0).minimum(alpha), alpha], 1)


def settle(large, small):
    """`large` [B, 4, s·H, s·W], opaque where a pixel of `small` [B, 4, H, W] and its eight neighbours are, and empty likewise, as
    the product's tiles: a network that enlarges colour and alpha together lowers alpha beside dark lines."""
    scale, alpha = large.shape[-1] // small.shape[-1], (small[:, ALPHA:] * 255).round()
    present = F.interpolate(F.max_pool2d(alpha, 3, 1, 1), scale_factor=scale) > 0
    opaque = torch.cat([large[:, :ALPHA], torch.ones_like(large[:, ALPHA:])], 1)
    return torch.where(solid(small, scale), opaque, large) * present


def solid(small, scale):
    """Where a pixel of `small` [B, 4, H, W] and its eight neighbours are opaque: bool [B, 1, scale · H, scale · W]."""
    alpha = (small[:, ALPHA:] * 255).round()
    return F.interpolate(-F.max_pool2d(-alpha, 3, 1, 1), scale_factor=scale) >= 255


@torch.no_grad()
def with_alpha(rgb):
    """A four-channel network that computes exactly the colours of a three-channel one and enlarges alpha by repetition.

    The first convolution ignores alpha. The last one gets rows of zeros for alpha.
    """
    assert rgb.config["channels"] == ALPHA
    net = Srvgg(**rgb.config | {"channels": ALPHA + 1})
    weights = rgb.state_dict()
    first, last = "body.0.weight", f"body.{len(rgb.body) - 1}"
    weights[first] = F.pad(weights[first], (0, 0, 0, 0, 0, 1))
    alpha_rows = rgb.config["scale"] ** 2
    for name in (f"{last}.weight", f"{last}.bias"):
        rows = weights[name]
        weights[name] = torch.cat([rows, rows.new_zeros(alpha_rows, *rows.shape[1:])])
    net.load_state_dict(weights)
    return net
