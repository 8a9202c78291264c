"""Learns byte-pair merges, deterministically: HF's trainer breaks ties at random."""
import heapq
from collections import Counter, defaultdict

PREFIX = "##"


def joined(left, right):
    return left + right.removeprefix(PREFIX)


def learn(words, pieces, size):
    """Merges, best first, until there are `size` distinct pieces, merged ones included, or no pair occurs twice.

    words: {word: weight}; pieces: the alphabet, each character with and without the prefix.
    """
    known, merges = set(pieces), []
    spelt = [[word[0], *(PREFIX + c for c in word[1:])] for word in words]
    counts = list(words.values())
    total, found_in = Counter(), defaultdict(set)  # per pair of neighbours: its weight, and the words that contain it
    for index, word in enumerate(spelt):
        for pair in zip(word, word[1:]):
            total[pair] += counts[index]
            found_in[pair].add(index)
    queue = [(-count, pair) for pair, count in total.items()]
    heapq.heapify(queue)
    while queue and len(known) < size:
        count, pair = heapq.heappop(queue)
        if -count != total[pair]:
            continue  # an outdated entry: the count has changed since
        if -count < 2:
            break
        merges.append(pair)
        known.add(joined(*pair))
        changed = set()
        for index in found_in.pop(pair):
            before, after = spelt[index], merge(spelt[index], pair)
            for neighbours in zip(before, before[1:]):
                total[neighbours] -= counts[index]
            for neighbours in zip(after, after[1:]):
                total[neighbours] += counts[index]
                found_in[neighbours].add(index)
            changed.update(zip(before, before[1:]), zip(after, after[1:]))
            spelt[index] = after
        for neighbours in changed:
            if total[neighbours] > 0:
                heapq.heappush(queue, (-total[neighbours], neighbours))
    return merges


def merge(word, pair):
    """`word`, a list of pieces, with each occurrence of `pair` merged, from the left."""
    out, i = [], 0
    while i < len(word):
        if tuple(word[i:i + 2]) == pair:
            out.append(joined(*pair))
            i += 2
        else:
            out.append(word[i])
            i += 1
    return out
