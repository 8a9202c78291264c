"""Editing conditions of the network: a mask channel and a known picture beside the noisy one.

Condition [B, 1 + C, H, W] = mask, known picture. The mask gives the meaning of the known picture at each pixel:
 1: the pixel is known and must be kept (inpainting, insertion, outpainting);
 0: nothing is known (the known picture is 0);
-1: the known picture is a reference: the same thing in another colour or look, in another drawing or place.
An all-zero condition means generation from text alone.
"""
import torch
import torch.nn.functional as F

KNOWN_WEIGHT = 0.1  # of the error at known pixels, which the engine replaces
RING, RING_WEIGHT = 2, 2.0  # pixels of a hole beside what is known, where seams would be seen


def condition(known, mask):
    """known [B, C, H, W] in [-1, 1], mask [B, 1, H, W] of -1, 0, 1 -> [B, 1 + C, H, W]."""
    return torch.cat([mask, known * (mask != 0)], 1)


def error_weight(mask):
    """[B, 1, H, W]: the weight of the squared error at each pixel."""
    known = (mask > 0).float()
    beside = F.max_pool2d(known, 2 * RING + 1, 1, RING)
    return torch.where(known > 0, KNOWN_WEIGHT, 1 + (RING_WEIGHT - 1) * beside)
