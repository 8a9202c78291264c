"""The optimizers of a network: Muon for the blocks' matrices, one Adam for the table of tokens, one for everything else."""
import torch

from trainer.muon import Muon
from trainer.table_adam import TableAdam

TABLE = "txt_embedder.weight"


class Optimizers:
    """`rates`: "matrices" (also biases, first and last layer), "rows" of the table, and "names", its rows from `first_name`
    on. `step(share)` takes a step at that share of all rates. Frozen parameters are left out."""

    def __init__(self, net, rates, first_name):
        hidden, others, parts, table = [], [], {}, None
        for name, p in net.named_parameters():
            if not p.requires_grad:
                continue
            if name == TABLE:
                table = p
            elif p.ndim == 2 and name.startswith(("double_blocks.", "txt_preamble_blocks.")):
                hidden.append(p)
                parts |= {p: 3} if "qkv" in name else {}
            else:
                others.append(p)
        self.members = [Muon(hidden, rates["matrices"], parts=parts),
                        torch.optim.AdamW(others, rates["matrices"], betas=(0.9, 0.95), weight_decay=0.0, fused=True)]
        if table is not None:
            by_row = torch.where(torch.arange(len(table)) < first_name, rates["rows"], rates["names"])
            self.members.append(TableAdam(table, by_row / rates["rows"], rates["rows"]))
        self.base = [member.param_groups[0]["lr"] for member in self.members]
        self.trained = [p for member in self.members for group in member.param_groups for p in group["params"]]

    def step(self, share):
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        for member, base in zip(self.members, self.base):
            for group in member.param_groups:
                group["lr"] = base * share
            member.step()
            member.zero_grad(set_to_none=True)

    def state_dict(self):
        return [member.state_dict() for member in self.members]

    def load_state_dict(self, states):
        for member, state in zip(self.members, states, strict=True):
            member.load_state_dict(state)
