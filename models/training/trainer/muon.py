"""Muon (Jordan et al. 2024): momentum, orthogonalized, for the hidden matrices.

torch.optim.Muon processes one matrix at a time, which takes about a thousand tiny kernels a step for this network. Here all
matrices of one shape are one tensor.
"""
import torch

from trainer import native
from trainer.precision import has_fast_bf16

# Odd quintic polynomials whose composition maps singular values of 0.01 to 1 to 0.73 to 1.27 (minimax, each for the range
# that the one before leaves, as in the Polar Express, arXiv 2505.16932). Five of Jordan's give 0.68 to 1.2 at 1.7 times the
# cost; the loss at equal pictures did not differ.
POLYNOMIALS = ((8.0934, -23.6204, 17.4462), (3.6366, -2.7219, 0.5365), (2.6613, -1.9772, 0.4526))


def orthogonal(matrices):
    """[N, R, C] -> approximately the nearest orthogonal matrices, in the type of the computation."""
    x = matrices.to(torch.bfloat16) if has_fast_bf16(matrices.device) else matrices.float()
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) * 1.01 + 1e-7)
    for a, b, c in POLYNOMIALS:
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """`params`: matrices whose rows are output features; parts: parameter → number of matrices that it stacks, as a qkv
    matrix does. Learning rates are comparable to AdamW's, because updates are scaled to its usual root mean square of 0.2
    (Moonlight, arXiv 2502.16982)."""

    def __init__(self, params, lr, momentum=0.95, parts=None):
        super().__init__(list(params), dict(lr=lr, momentum=momentum))
        self.parts = parts or {}
        self.native = self.param_groups[0]["params"][0].device.type == "cpu" and native.available()

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = self._by_shape(group["params"])
            if self.native and all(side % 16 == 0 for shape in shapes for side in shape):
                self._step_native(group, shapes)
                continue
            for shape, members in shapes.items():
                gradient = torch.cat([p.grad.view(-1, *shape) for p in members])
                momentum = self._momentum(members[0], len(gradient), shape)
                momentum.lerp_(gradient, 1 - group["momentum"])
                update = orthogonal(gradient.lerp_(momentum, group["momentum"]))  # Nesterov momentum
                rate, first = group["lr"] * 0.2 * max(shape) ** 0.5, 0
                for p in members:
                    own = p.view(-1, *shape)
                    own.add_(update[first : first + len(own)], alpha=-rate)
                    first += len(own)

    def _step_native(self, group, shapes):
        matrices = []
        for shape, members in shapes.items():
            count = sum(p.numel() for p in members) // (shape[0] * shape[1])
            momentum, first = self._momentum(members[0], count, shape), 0
            for p in members:
                for weights, gradient in zip(p.view(-1, *shape), p.grad.view(-1, *shape)):
                    matrices.append((weights, gradient, momentum[first]))
                    first += 1
        native.muon_step(matrices, group["lr"], group["momentum"], POLYNOMIALS)

    def _momentum(self, first, count, shape):
        """The momenta [count, …] of the matrices of a shape; the first of their parameters owns them."""
        return self.state[first].setdefault("momentum", first.new_zeros(count, *shape))

    def _by_shape(self, params):
        """Shape → parameters that are stacks of matrices of this shape. The last block's text output has no gradient."""
        shapes = {}
        for p in params:
            if p.grad is not None:
                shapes.setdefault((p.shape[0] // self.parts.get(p, 1), p.shape[1]), []).append(p)
        return shapes
