"""Moving averages of a network's weights over several spans; the better one by measure is published (EDM2, arXiv 2312.02696)."""
import copy

import torch

EVERY = 8  # steps between updates: an update reads and writes all weights, and spans are hundreds of steps


class Averages:
    """decays: name → decay a step. `nets[name]` is a network to draw with."""

    def __init__(self, net, decays):
        self.decays, self.net = decays, net
        self.nets = {name: copy.deepcopy(net).requires_grad_(False) for name in decays}
        self.pairs = {name: [(mine, p) for mine, p in zip(own.parameters(), self.net.parameters()) if p.requires_grad]
                      for name, own in self.nets.items()}

    @torch.no_grad()
    def update(self, step):
        """To be called after every step. Early averages span a tenth of the steps so far, so as not to remember the start."""
        if step % EVERY:
            return
        for name, decay in self.decays.items():
            mine, trained = zip(*self.pairs[name])
            torch._foreach_lerp_(list(mine), list(trained), 1 - min(decay, 1 - 9 / (step + 9)) ** EVERY)

    def state_dict(self):
        return {name: net.state_dict() for name, net in self.nets.items()}

    def load_state_dict(self, states):
        for name, state in states.items():
            self.nets[name].load_state_dict(state)
