"""Muon (Jordan et al. 2024) for the hidden matrices, AdamW for the rest.

Five Newton-Schulz steps orthogonalize the momentum. torch.optim.Muon processes one matrix at a time, which takes about a
thousand tiny kernels per step for this network. Here all matrices of one shape form a batch.
"""
import torch

from trainer.precision import has_fast_bf16

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonal(matrices):
    """[N, R, C] -> approximately the nearest orthogonal matrices, with singular values between 0.7 and 1.2."""
    a, b, c = COEFFICIENTS
    x = matrices.to(torch.bfloat16) if has_fast_bf16(matrices.device) else matrices.float()
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).type_as(matrices)


class Muon(torch.optim.Optimizer):
    """`params`: matrices whose rows are output features; a qkv matrix is treated as three. Learning rates are comparable to
    AdamW's, because updates are scaled to its usual root mean square of 0.2 (Moonlight, arXiv 2502.16982)."""

    def __init__(self, params, lr, momentum=0.95, weight_decay=0.0, parts=None):
        super().__init__(list(params), dict(lr=lr, momentum=momentum, weight_decay=weight_decay))
        self.parts = parts or {}

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                if p.grad is None:  # the last block's text output is unused
                    continue
                momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                momentum.lerp_(p.grad, 1 - group["momentum"])
                update = p.grad.lerp(momentum, group["momentum"])  # Nesterov momentum
                for piece, target in zip(update.chunk(self.parts.get(p, 1)), p.chunk(self.parts.get(p, 1))):
                    shapes.setdefault(piece.shape, []).append((piece, target))
            for shape, pairs in shapes.items():
                updates = orthogonal(torch.stack([piece for piece, _ in pairs]))
                scale = 0.2 * max(shape) ** 0.5
                targets = [target for _, target in pairs]
                if group["weight_decay"]:
                    torch._foreach_mul_(targets, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(targets, list(updates.unbind()), alpha=-group["lr"] * scale)


def optimizers(net, rate):
    """Muon for the blocks' matrices, AdamW for embeddings, biases and the last layer. Frozen parameters have no optimizer."""
    hidden, others, parts = [], [], {}
    for name, p in net.named_parameters():
        if not p.requires_grad:
            continue
        if p.ndim == 2 and name.startswith(("double_blocks.", "txt_preamble_blocks.")):
            hidden.append(p)
            if "qkv" in name:
                parts[p] = 3
        else:
            others.append(p)
    fused = others[0].is_cuda
    return [Muon(hidden, lr=rate, parts=parts), torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.95), weight_decay=0.0, fused=fused)]
