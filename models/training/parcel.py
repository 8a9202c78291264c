"""A run's weights in few bytes, to be carried away from a machine: 8 bits a value, or 4 where distilling has made them so.

    python3 models/training/parcel.py wrap RUN OUT [--piece-bytes 15000000]   # OUT/parcel.00, .01, …
    python3 models/training/parcel.py open OUT RUN                            # the run's folder again, to release or go on from

Values have a scale for each 32 columns of a row, as the package's q8 and q4 have (network/quantized.py): 4-bit values
return exactly, others as exactly as the package would keep them (about 53 dB). Holds the teacher, the student where there
is one, tokenizer and preset.
"""
import argparse
import json
import math
from pathlib import Path

import torch
from safetensors.torch import load, save

from network.quantized import BLOCK, q4
from trainer import checkpoint

PARTS = {"teacher": Path("model.safetensors"), "student": Path("few") / "model.safetensors"}
TEXTS = ("tokenizer.json", "preset.json")


def blocks(rows):
    """[rows, columns] -> [rows, blocks, 32], padded with zeros."""
    return torch.nn.functional.pad(rows, (0, -rows.shape[1] % BLOCK)).view(len(rows), -1, BLOCK)


def shrunk(weights):
    """Tensors of the same names in few bits, with scales in NAME.scales and the shape in NAME.shape."""
    out = {}
    for name, value in weights.items():
        value = value.float()
        if value.ndim < 2:
            out[name] = value
            continue
        parts = blocks(value.flatten(1))
        if torch.equal(q4(value), value):
            scale = (parts.gather(2, parts.abs().argmax(2, keepdim=True)) / -8).half()
            steps = torch.where(scale == 0, 0.0, parts / torch.where(scale == 0, 1.0, scale.float())).round().to(torch.int32) + 8
            out[name] = (steps[..., ::2] | steps[..., 1::2] << 4).to(torch.uint8)
        else:
            scale = (parts.abs().amax(2, keepdim=True) / 127).half()
            out[name] = torch.where(scale == 0, 0.0, parts / torch.where(scale == 0, 1.0, scale.float())).round().clamp(-127, 127).to(torch.int8)
        out[f"{name}.scales"], out[f"{name}.shape"] = scale, torch.tensor(value.shape)
    return out


def grown(tensors):
    """The inverse of `shrunk`, in f32."""
    out = {}
    for name, stored in tensors.items():
        if name.endswith((".scales", ".shape")):
            continue
        if f"{name}.scales" not in tensors:
            out[name] = stored
            continue
        shape = tensors[f"{name}.shape"].tolist()
        steps = torch.stack([stored & 15, stored >> 4], -1).flatten(-2).float() - 8 if stored.dtype == torch.uint8 else stored.float()
        rows = (steps * tensors[f"{name}.scales"].float()).flatten(1)
        out[name] = rows[:, : math.prod(shape[1:])].reshape(shape).contiguous()
    return out


def wrap(run, out, piece_bytes):
    """Returns the number of pieces."""
    tensors, described = {}, {}
    for part, path in PARTS.items():
        if (run / path).exists():
            described[part] = checkpoint.described(run / path)
            tensors |= {f"{part}/{name}": value for name, value in shrunk(checkpoint.load_file(run / path)).items()}
    texts = {name: (run / name).read_text() for name in TEXTS}
    whole = save(tensors, {"texts": json.dumps(texts), "described": json.dumps(described)})
    out.mkdir(parents=True, exist_ok=True)
    starts = range(0, len(whole), piece_bytes)
    for k, start in enumerate(starts):
        (out / f"parcel.{k:02}").write_bytes(whole[start : start + piece_bytes])
    return len(starts)


def unwrap(folder, run):
    whole = b"".join(path.read_bytes() for path in sorted(folder.glob("parcel.[0-9][0-9]")))
    length = int.from_bytes(whole[:8], "little")
    about = json.loads(whole[8 : 8 + length])["__metadata__"]
    tensors, described = load(whole), json.loads(about["described"])
    for part, said in described.items():
        weights = grown({name.removeprefix(f"{part}/"): value for name, value in tensors.items() if name.startswith(f"{part}/")})
        path = run / PARTS[part]
        path.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.replace(path, lambda at: checkpoint.save_file(weights, at, metadata={"format": "pt"} | said))
    for name, text in json.loads(about["texts"]).items():
        (run / name).write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="task")
    one, two = commands.add_parser("wrap"), commands.add_parser("open")
    one.add_argument("run", type=Path), one.add_argument("out", type=Path)
    one.add_argument("--piece-bytes", type=int, default=15_000_000)
    two.add_argument("folder", type=Path), two.add_argument("run", type=Path)
    args = parser.parse_args()
    if args.task == "wrap":
        print(f"{wrap(args.run, args.out, args.piece_bytes)} pieces")
    else:
        unwrap(args.folder, args.run)


if __name__ == "__main__":
    main()
