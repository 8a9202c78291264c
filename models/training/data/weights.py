"""Sampling weights: near-duplicates within a set share the weight of one drawing.

Otherwise people would dominate the training data, with their variants of skin tone, hair and direction.
"""
from collections import defaultdict

PLAIN_SHARE = 0.5  # share of a family's weight for its drawings without skin tone, where it has both


def share(rows, described):
    """Sets each row's `weight` so that the rows of a set and family sum to 1; `described` corresponds to `rows`."""
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
