"""The look of a picture: that of the subject's drawing which is nearest.

Things have one place and size, so a picture is compared with the eight drawings of its subject pixel by pixel. A network that
tells looks apart from surfaces alone calls one real drawing in seven wrong, because its augmentation blurs what distinguishes
them; by distance one worn real render in a thousand is called wrong. A picture of another thing counts by chance.
"""
import torch

from evaluation.augment import shrink

SIDE = 64


def nearest(picture, subject, drawn):
    """The look of `drawn` (a Real) whose drawing of the subject has the smallest mean square distance from the picture [4, S, S]."""
    looks = drawn.looks_of(subject)
    true = torch.cat([shrink(drawn.picture(subject, look)[None], SIDE) for look in looks])
    return looks[int((shrink(picture[None].float(), SIDE) - true).square().mean((1, 2, 3)).argmin())]
