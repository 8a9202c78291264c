"""The other ways to enlarge premultiplied RGBA: Lanczos, and the published network with colour and alpha one after the other."""
import numpy as np
import torch
from PIL import Image

from upscaler.srvgg import ALPHA, finish, settle

TILE, MARGIN = 256, 24  # sides in input pixels; the network sees 18, so margins change nothing


def lanczos(picture, times=4):
    """[4, H, W] -> [4, times · H, times · W], each channel in floats."""
    size = picture.shape[2] * times, picture.shape[1] * times
    planes = [np.asarray(Image.fromarray(plane.numpy()).resize(size, Image.Resampling.LANCZOS)) for plane in picture]
    return finish(torch.from_numpy(np.stack(planes))[None])[0]


@torch.no_grad()
def enlarged(net, picture):
    """[C, H, W] through a network, in tiles with margins, not clamped."""
    scale, (channels, height, width) = net.config["scale"], picture.shape
    out = picture.new_empty(channels, height * scale, width * scale)
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            bottom, right = min(top + TILE, height), min(left + TILE, width)
            y, x = max(top - MARGIN, 0), max(left - MARGIN, 0)
            made = net(picture[None, :, y : bottom + MARGIN, x : right + MARGIN])[0]
            out[:, top * scale : bottom * scale, left * scale : right * scale] = \
                made[:, (top - y) * scale : (bottom - y) * scale, (left - x) * scale : (right - x) * scale]
    return out


def ours(net):
    return lambda picture: finish(settle(enlarged(net, picture)[None], picture[None]))[0]


def untouched(net):
    """The published three-channel network: premultiplied colours as they are, alpha as a grey picture."""
    def enlarge(picture):
        colour = enlarged(net, picture[:ALPHA])
        alpha = enlarged(net, picture[ALPHA:].expand(ALPHA, -1, -1)).mean(0, keepdim=True)
        return finish(torch.cat([colour, alpha])[None])[0]
    return enlarge
