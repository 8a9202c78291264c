"""Writes the references by which other programs and our reader of ncnn's files are tested:

    pip install ncnn==1.0.20261020 && cd models/training && python3 -m upscaler.fixture UPSCALER.safetensors

models/tests/fixtures/srvgg/tiny.safetensors    a random network: `weight.NAME`, `input.image`, `output.enlarged` (not clamped),
                                                `output.finished`; its sizes as JSON in the metadata
models/tests/fixtures/srvgg/layer.safetensors   one convolution and PReLU of the trained network: `weight.body.16.weight` (f16),
                                                `weight.body.16.bias`, `weight.body.17.weight`, `input.x`, `output.y`
models/training/tests/fixtures/upscaler/        a random network in ncnn's format, an input and the output of ncnn's runtime

PyTorch computes in 64-bit floats here, so what a test measures is the error of the program under test alone.
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from upscaler import Srvgg, finish, ncnn, train

TESTS = Path(__file__).parents[2] / "tests" / "fixtures" / "srvgg"
NCNN = Path(__file__).parents[1] / "tests" / "fixtures" / "upscaler"
TINY = {"channels": 4, "width": 8, "depth": 2, "scale": 4}
ODD = {"channels": 3, "width": 5, "depth": 1, "scale": 4}  # odd counts of weights, so that f16 blocks are padded


def random(config, seed):
    """A network with random weights that f16 holds exactly, and slopes around zero."""
    torch.manual_seed(seed)
    net = Srvgg(**config)
    with torch.no_grad():
        for name, p in net.named_parameters():
            spread = 0.5 if p.dim() == 1 else p[0].numel() ** -0.5
            p.copy_((torch.randn_like(p) * spread).half())
    return net


@torch.no_grad()
def tiny():
    net = random(TINY, 1)
    image = torch.rand(1, 4, 5, 7)
    image[:, :3] *= image[:, 3:]
    enlarged = net.double()(image.double())
    tensors = {f"weight.{name}": value.float() for name, value in net.state_dict().items()}
    tensors |= {"input.image": image, "output.enlarged": enlarged.float(), "output.finished": finish(enlarged).float()}
    save_file({name: value.contiguous() for name, value in tensors.items()}, TESTS / "tiny.safetensors",
              metadata={"config": json.dumps(TINY)})


@torch.no_grad()
def layer(path):
    net = train.load(path).double()
    torch.manual_seed(2)
    x = net.body[:16](torch.rand(1, net.config["channels"], 6, 7).double()).float()
    y = net.body[16:18](x.double()).float()
    weights = net.state_dict()
    save_file({"weight.body.16.weight": weights["body.16.weight"].half(), "weight.body.16.bias": weights["body.16.bias"].float(),
               "weight.body.17.weight": weights["body.17.weight"].float(), "input.x": x, "output.y": y}, TESTS / "layer.safetensors")


def ncnn_bytes(net):
    """A network in ncnn's weight format (see `ncnn`)."""
    out = b""
    for value in net.state_dict().values():
        if value.dim() == 4:
            half = value.numpy().astype("<f2").tobytes()
            out += struct.pack("<I", ncnn.F16) + half + bytes(-len(half) % 4)
        else:
            out += value.numpy().astype("<f4").tobytes()
    return out


def ncnn_graph(config):
    """The network as ncnn's text of layers: type, name, counts of inputs and outputs, their blobs, numbered parameters."""
    channels, width, scale = config["channels"], config["width"], config["scale"]
    sizes = [channels] + [width] * (config["depth"] + 1) + [channels * scale**2]
    lines, blob = ["Input in 0 1 in", "Split split 1 2 in in0 in1"], "in0"
    for k, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        lines.append(f"Convolution conv{k} 1 1 {blob} c{k} 0={outputs} 1=3 4=1 5=1 6={inputs * outputs * 9}")
        blob = f"c{k}"
        if k < len(sizes) - 2:
            lines.append(f"PReLU prelu{k} 1 1 {blob} p{k} 0={outputs}")
            blob = f"p{k}"
    lines += [f"PixelShuffle shuffle 1 1 {blob} s 0={scale}", f"Interp nearest 1 1 in1 n 0=1 1={scale:.1f} 2={scale:.1f}",
              "BinaryOp add 2 1 s n out"]
    return f"7767517\n{len(lines)} {len(lines) + 1}\n" + "\n".join(lines) + "\n"


def ncnn_reference():
    import ncnn as runtime

    net, image = random(ODD, 3), np.random.default_rng(4).random((3, 6, 7), np.float32)
    (NCNN / "odd.bin").write_bytes(ncnn_bytes(net))
    (NCNN / "odd.param").write_text(ncnn_graph(ODD))
    session = runtime.Net()
    session.opt.use_fp16_storage = session.opt.use_fp16_arithmetic = session.opt.use_fp16_packed = False
    session.opt.use_winograd_convolution = session.opt.use_bf16_storage = False
    session.load_param(str(NCNN / "odd.param"))
    session.load_model(str(NCNN / "odd.bin"))
    extractor = session.create_extractor()
    extractor.input("in", runtime.Mat(image))
    output = np.array(extractor.extract("out")[1])
    save_file({"input": torch.from_numpy(image), "output": torch.from_numpy(output)}, NCNN / "odd.safetensors")


if __name__ == "__main__":
    for folder in (TESTS, NCNN):
        folder.mkdir(parents=True, exist_ok=True)
    tiny()
    layer(sys.argv[1])
    ncnn_reference()
