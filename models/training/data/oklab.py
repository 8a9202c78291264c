"""sRGB and OKLab (https://bottosson.github.io/posts/oklab), for tensors whose channels are in dimension 1."""
import torch

_TO_LMS = torch.tensor(((0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566),
                        (0.0883024619, 0.2817188376, 0.6299787005)))
_TO_LAB = torch.tensor(((0.2104542553, 0.7936177850, -0.0040720468), (1.9779984951, -2.4285922050, 0.4505937099),
                        (0.0259040371, 0.7827717662, -0.8086757660)))
_FROM_LAB, _FROM_LMS = torch.linalg.inv(_TO_LAB), torch.linalg.inv(_TO_LMS)


def _mixed(matrix, x):
    return torch.tensordot(matrix.to(x), x, ([1], [1])).movedim(0, 1)


def from_rgb(rgb):
    """sRGB [B, 3, …] in [0, 1] -> L, a, b."""
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4)
    return _mixed(_TO_LAB, _mixed(_TO_LMS, linear).clamp(min=0).pow(1 / 3))


def to_rgb(lab):
    """The inverse; colours outside sRGB are clipped."""
    linear = _mixed(_FROM_LMS, _mixed(_FROM_LAB, lab) ** 3).clamp(0, 1)
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def polar(lab):
    """Chroma and hue (radians), each [B, …]."""
    return torch.hypot(lab[:, 1], lab[:, 2]), torch.atan2(lab[:, 2], lab[:, 1])
