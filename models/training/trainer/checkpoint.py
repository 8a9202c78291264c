"""The state of a run, and published weights, each in a file that is replaced atomically."""
import os

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file


def replace(path, write):
    """Calls `write(temporary path)`, then puts the file in the place of `path`; a kill at any time leaves one of both whole."""
    part = path.with_name(path.name + ".part")
    write(part)
    with open(part, "rb") as file:
        os.fsync(file.fileno())
    os.replace(part, path)


def save(path, state):
    replace(path, lambda part: torch.save(state, part))


def load(path, device="cpu"):
    """The state that `save` wrote: tensors, numbers and texts in dicts and lists."""
    return torch.load(path, map_location=device, weights_only=True)


def publish(path, weights, metadata=None):
    """Writes weights in f16, for packaging, committing and further training."""
    halved = {name: value.to(torch.float16).contiguous() for name, value in weights.items()}
    replace(path, lambda part: save_file(halved, part, metadata={"format": "pt"} | (metadata or {})))


def begin_from(path, *nets):
    """Loads published weights into networks; tensors that are missing or have another shape are left unchanged. Returns
    their names."""
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
