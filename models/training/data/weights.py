"""Sampling weights: drawings of one set that show nearly the same thing share the weight of one.

Skin tones, hair, direction and numbered variants would otherwise make people most of what the network sees.
"""
from collections import defaultdict

PLAIN_SHARE = 0.5  # of a family with skin tones, for its drawings without


def share(rows, described):
    """Sets `weight` of each row so that the rows of one set and family sum to 1; `described` runs parallel to rows."""
    families = defaultdict(list)
    for row, what in zip(rows, described, strict=True):
        families[row["set"], what.family].append((row, what.toned))
    for members in families.values():
        toned = sum(is_toned for _, is_toned in members)
        untoned = len(members) - toned
        plain_share = PLAIN_SHARE if toned and untoned else 1.0
        for row, is_toned in members:
            part = (1 - plain_share if untoned else 1) / toned if is_toned else plain_share / untoned
            row["weight"] = round(part, 6)
    return rows
