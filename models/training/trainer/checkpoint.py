"""The complete state of a run in one file, which is replaced atomically."""
import os

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file


def save(path, net, ema, optimizers, progress):
    """`progress`: plain numbers (step, seen, seconds, …)."""
    state = {"net": net.state_dict(), "ema": ema.state_dict(), "optimizers": [o.state_dict() for o in optimizers],
             "progress": progress}
    torch.save(state, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def load(path, net, ema, optimizers):
    """Restores the state that `save` wrote and returns its progress."""
    state = torch.load(path, map_location=next(net.parameters()).device, weights_only=True)
    net.load_state_dict(state["net"])
    ema.load_state_dict(state["ema"])
    for optimizer, kept in zip(optimizers, state["optimizers"]):
        optimizer.load_state_dict(kept)
    return state["progress"]


def publish(path, ema):
    """Writes the averaged weights in f16, for packaging, committing and further training."""
    weights = {name: value.to(torch.float16).contiguous() for name, value in ema.state_dict().items()}
    replace(path, weights, {"format": "pt"})


def replace(path, weights, metadata):
    save_file(weights, path.with_suffix(".tmp"), metadata=metadata)
    os.replace(path.with_suffix(".tmp"), path)


def begin_from(path, *nets):
    """Loads published weights into networks; tensors that are missing or have another shape are left unchanged."""
    weights = load_file(path)
    for net in nets:
        own = net.state_dict()
        fitting = {name: value for name, value in weights.items() if name in own and own[name].shape == value.shape}
        net.load_state_dict(fitting, strict=False)
    return sorted(set(own) - set(fitting))


def described(path):
    """The metadata of published weights: name → text."""
    with safe_open(path, "pt") as file:
        return file.metadata() or {}
