"""Adds blocks to a network without changing what it computes, for training on where the present depth gains little more.

    python3 models/training/grow.py models/training/checkpoints --depth 12 -o build/deeper
    python3 models/training/train.py --init build/deeper --changes '{"network": {"depth": 12}}' …

Reads model.safetensors of a folder and writes the deeper one, with the tokenizer, as a folder for `--init`. A new block is
a copy of the block before it whose output projections are zero (as in LLaMA Pro, arXiv 2401.02415). New blocks are spread
evenly, and the last block stays the last.
"""
import argparse
import re
from pathlib import Path

import torch

from trainer import checkpoint

NAME = re.compile(r"double_blocks\.(\d+)\.(.*)")
OUTPUTS = ("attn_proj.weight", "attn_proj.bias", "mlp.w2.weight")


def places(before, after):
    """For each block of the deeper network: the block that it comes from, and whether it is new."""
    if not before <= after <= 2 * before - 1:
        raise SystemExit(f"{before} blocks can become {before} to {2 * before - 1}")
    new = {round((k + 1) * (before - 1) / (after - before + 1)) for k in range(after - before)} if after > before else set()
    spare = (k for k in range(before - 1) if k not in new)
    while len(new) < after - before:
        new.add(next(spare))
    out = []
    for block in range(before):
        out += [(block, False)] + [(block, True)] * (block in new)
    return out


def grown(weights, depth):
    """The weights of a network with `depth` blocks."""
    blocks, out = {}, {}
    for name, value in weights.items():
        if match := NAME.fullmatch(name):
            blocks.setdefault(int(match[1]), {})[match[2]] = value
        else:
            out[name] = value
    for at, (source, new) in enumerate(places(len(blocks), depth)):
        for name, value in blocks[source].items():
            zero = new and name.endswith(OUTPUTS)
            out[f"double_blocks.{at}.{name}"] = torch.zeros_like(value) if zero else value.clone()
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--depth", type=int, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint.publish(args.out / "model.safetensors", grown(checkpoint.load_file(args.source / "model.safetensors"), args.depth),
                       checkpoint.described(args.source / "model.safetensors"))
    (args.out / "tokenizer.json").write_bytes((args.source / "tokenizer.json").read_bytes())


if __name__ == "__main__":
    main()
