"""The cost of a kernel's instructions: finds its loops in the blocks of its assembly.

`listings.py` parses blocks and jumps; here they are a list of `Block`s. A loop is a natural loop: the blocks between an edge's
origin and its target, where the target dominates the origin.
"""
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Block:
    instructions: Counter
    successors: list[int] = field(default_factory=list)


@dataclass
class Loop:
    header: int
    blocks: frozenset
    inner: list["Loop"] = field(default_factory=list)

    def own(self, blocks):
        """Instructions of one iteration without those of inner loops."""
        inside = frozenset().union(*(loop.blocks for loop in self.inner))
        return sum((blocks[i].instructions for i in self.blocks - inside), Counter())


def predecessors(blocks):
    found = [set() for _ in blocks]
    for i, block in enumerate(blocks):
        for successor in block.successors:
            found[successor].add(i)
    return found


def dominators(blocks):
    """The dominators of each block, including itself; none for unreachable blocks."""
    before = predecessors(blocks)
    reached, waiting = set(), [0]
    while waiting:
        i = waiting.pop()
        if i not in reached:
            reached.add(i)
            waiting += blocks[i].successors
    found = {i: reached for i in reached} | {0: {0}}
    changed = True
    while changed:
        changed = False
        for i in sorted(reached - {0}):
            now = set.intersection(*(set(found[j]) for j in before[i] if j in reached)) | {i}
            changed |= now != found[i]
            found[i] = now
    return [found.get(i, set()) for i in range(len(blocks))]


def loops(blocks):
    """The outermost loops, each with those inside it."""
    before, over = predecessors(blocks), dominators(blocks)
    bodies = {}
    for origin, block in enumerate(blocks):
        for header in block.successors:
            if header in over[origin]:
                body, waiting = bodies.setdefault(header, {header}), [origin]
                while waiting:
                    i = waiting.pop()
                    if i not in body:
                        body.add(i)
                        waiting += before[i]
    # Smaller loops first, so that each finds the smallest that contains it.
    found = sorted((Loop(header, frozenset(body)) for header, body in bodies.items()), key=lambda loop: len(loop.blocks))
    outermost = []
    for i, loop in enumerate(found):
        around = next((other for other in found[i + 1:] if loop.blocks < other.blocks), None)
        (around.inner if around else outermost).append(loop)
    return outermost


def cost(loop, blocks, iterations):
    """Instructions of one iteration of a loop, whose inner loops run `iterations(loop, own instructions)` times."""
    total = Counter(loop.own(blocks))
    for inner in loop.inner:
        times = iterations(inner, inner.own(blocks))
        for name, count in cost(inner, blocks, iterations).items():
            total[name] += times * count
    return total
