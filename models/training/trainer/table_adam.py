"""Adam for a table of tokens, with a rate for each row.

Rows of rare words get few gradients: they need higher rates than matrices, and second moments that remember further back.
"""
import torch


class TableAdam(torch.optim.Optimizer):
    """table [rows, width]; rates [rows]: learning rates relative to the group's `lr`."""

    def __init__(self, table, rates, lr, betas=(0.9, 0.999), eps=1e-8):
        super().__init__([table], dict(lr=lr, betas=betas, eps=eps))
        self.rates = rates.to(table.device)[:, None]

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            table, (b1, b2), state = group["params"][0], group["betas"], self.state[group["params"][0]]
            if not state:
                state |= dict(step=0, exp_avg=torch.zeros_like(table), exp_avg_sq=torch.zeros_like(table))
            state["step"] += 1
            mean, square = state["exp_avg"], state["exp_avg_sq"]
            mean.lerp_(table.grad, 1 - b1)
            square.mul_(b2).addcmul_(table.grad, table.grad, value=1 - b2)
            scale = (square / (1 - b2 ** state["step"])).sqrt_().add_(group["eps"])
            table.addcdiv_(mean * self.rates, scale, value=-group["lr"] / (1 - b1 ** state["step"]))
