"""A package's network as ONNX, in the form that is fastest in onnxruntime.

    python3 bench/export.py PACKAGE --weights q4 -o FILE.onnx      # as the package stores them: MatMulNBits, exact
    python3 bench/export.py PACKAGE --weights f16 -o FILE.onnx     # dense, all arithmetic in f16
    python3 bench/export.py PACKAGE --weights f32 -o FILE.onnx     # dense
    python3 bench/export.py PACKAGE --weights int8 -o FILE.onnx    # dense, quantized by onnxruntime's own tool: for processors

One pass: patches [B, T, values] and encoded text [B, L, width] to clean patches [B, T, values]. Norms, rotation and
attention are onnxruntime's fused operators. The file is checked against the PyTorch twin before it is kept.
"""
import argparse
import math
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import nn

import package as packages

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "models" / "training"))

from network import MmJit  # noqa: E402
from network.blocks import picture_angles, places, text_angles  # noqa: E402

DOMAIN = "com.microsoft"
# Tolerances of the file's outputs against PyTorch's: rounding in f32, in f16, in 8 bits and coarser.
ERROR_MAX = {"f32": 1e-4, "q4": 1e-4, "q8": 1e-4, "f16": 2e-2, "int8": 0.3}
BITS = {"q4": 4, "q8": 8}


def operator(name, inputs, like, shape=None, **attributes):
    """An operator of onnxruntime's own; its output has the type of `like`, and its shape unless another is given."""
    return torch.onnx.ops.symbolic(f"{DOMAIN}::{name}", inputs, attributes, dtype=like.dtype, shape=shape or like.shape, version=1)


class Linear(nn.Module):
    """W x + bias, with W as the package stores it or dense."""

    def __init__(self, blocks, bias, weights, dtype):
        super().__init__()
        self.outputs, self.inputs = blocks.shape[0], int(np.prod(blocks.shape[1:]))
        self.bits = BITS.get(weights) and BITS.get(blocks.format)
        if self.bits:
            # q8 is signed here and offset by 128 there; q4 is offset by 8 in both.
            values = blocks.values if self.bits == 4 else (blocks.values.view(np.int8).astype(np.int16) + 128).astype(np.uint8)
            self.values = nn.Buffer(torch.from_numpy(values.copy()))
            self.scales = nn.Buffer(torch.from_numpy(blocks.scales.astype(np.float32)).to(dtype))
        else:
            dense = blocks.dense().reshape(self.outputs, self.inputs)
            self.weight = nn.Buffer(torch.from_numpy(np.ascontiguousarray(dense.T)).to(dtype))
        self.bias = None if bias is None else nn.Buffer(torch.from_numpy(bias).to(dtype))

    def forward(self, x):
        if self.bits:
            y = operator("MatMulNBits", (x, self.values, self.scales), x, (*x.shape[:-1], self.outputs),
                         K=self.inputs, N=self.outputs, bits=self.bits, block_size=packages.BLOCK)
        else:
            y = x @ self.weight
        return y if self.bias is None else y + self.bias


class Rms(nn.Module):
    def __init__(self, width, dtype):
        super().__init__()
        self.ones = nn.Buffer(torch.ones(width, dtype=dtype))

    def forward(self, x):
        # In the default domain for onnxruntime, which `settle` puts it into.
        return operator("SimplifiedLayerNormalization", (x, self.ones), x, axis=-1, epsilon=1e-6)


class Network(nn.Module):
    """MM-JiT's pass after the text encoder."""

    def __init__(self, config, tensors, weights, side):
        super().__init__()
        self.heads, self.head_dim, self.length = config["heads"], config["head_dim"], config["text_length"]
        width, dtype = config["width"], torch.float16 if weights == "f16" else torch.float32
        linear = lambda name, cut=None: Linear(cut or tensors[f"{name}.weight"], tensors.get(f"{name}.bias"), weights, dtype)
        self.grid = [side // config["patch"]] * 2
        # The columns of the condition are omitted, as in the engine, because nothing is given for them.
        first, values = tensors["img_embedder.proj1.weight"], config["channels"] * config["patch"] ** 2
        kept = packages.Blocks(first.format, (first.shape[0], values), first.values[:, : -(-values // packages.BLOCK)],
                               None if first.scales is None else first.scales[:, : -(-values // packages.BLOCK)])
        self.proj1, self.proj2 = linear("img_embedder.proj1", kept), linear("img_embedder.proj2")
        self.place = nn.Buffer(places(*self.grid, width).to(dtype))
        angles = torch.cat([text_angles(self.length, self.head_dim), picture_angles(*self.grid, self.head_dim)])
        self.cos, self.sin = nn.Buffer(angles.cos().to(dtype)), nn.Buffer(angles.sin().to(dtype))
        self.positions = nn.Buffer(torch.arange(len(angles))[None])
        names = ("qkv", "attn_proj", "mlp.w1", "mlp.w3", "mlp.w2")
        self.blocks = nn.ModuleList(
            nn.ModuleDict({f"{side}_{name}".replace(".", "_"): linear(f"double_blocks.{i}.{side}_{name}") for side in ("txt", "img") for name in names})
            for i in range(config["depth"]))
        self.last = linear("final_layer.linear")
        self.norm, self.head_norm = Rms(width, dtype), Rms(self.head_dim, dtype)

    def turned(self, x):
        """Normalized and rotated queries or keys, [B, L, width]."""
        batch, length, width = x.shape
        x = self.head_norm(x.view(batch, length, self.heads, self.head_dim)).view(batch, length, width)
        return operator("RotaryEmbedding", (x, self.positions.expand(batch, -1), self.cos, self.sin), x, num_heads=self.heads, interleaved=0)

    def forward(self, patches, txt):
        img = self.proj2(self.proj1(patches)) + self.place
        for i, block in enumerate(self.blocks):
            final = i + 1 == len(self.blocks)
            qkv = torch.cat([block["txt_qkv"](self.norm(txt)), block["img_qkv"](self.norm(img))], 1)
            q, k, v = qkv.chunk(3, -1)
            mixed = operator("MultiHeadAttention", (self.turned(q), self.turned(k), v), v, num_heads=self.heads)
            for side, stream, part in (("img", img, mixed[:, self.length :]), ("txt", txt, mixed[:, : self.length])):
                if side == "txt" and final:
                    continue  # it is not used
                stream = stream + block[f"{side}_attn_proj"](part)
                normed = self.norm(stream)
                gate = block[f"{side}_mlp_w1"](normed)
                stream = stream + block[f"{side}_mlp_w2"](gate * torch.sigmoid(gate) * block[f"{side}_mlp_w3"](normed))
                img, txt = (stream, txt) if side == "img" else (img, stream)
        return self.last(self.norm(img))


def settle(model):
    """Moves the norm to the default domain, which the exporter cannot name."""
    for node in model.graph.node:
        if node.op_type == "SimplifiedLayerNormalization":
            node.domain = ""
    if all(entry.domain != DOMAIN for entry in model.opset_import):
        model.opset_import.append(onnx.helper.make_opsetid(DOMAIN, 1))
    return model


def hurried(model):
    """Allows products of packed weights to round x to 8 bits, which is faster where a device supports it."""
    for node in model.graph.node:
        if node.op_type == "MatMulNBits":
            node.attribute.append(onnx.helper.make_attribute("accuracy_level", 4))
    return model


def twin(config, tensors):
    """The PyTorch network of a package's exact values."""
    net = MmJit({"network": config, "text": {"vocab": config["text"]["vocab"], "width": config["width"], "heads": config["heads"],
                                              "mlp_hidden": config["mlp_hidden"], "depth": config["preamble"], "length": config["text_length"]}})
    dense = {name: torch.from_numpy(t if isinstance(t, np.ndarray) else t.dense()) for name, t in tensors.items()}
    net.load_state_dict({name: value.reshape(net.state_dict()[name].shape) for name, value in dense.items()})
    return net.eval()


def wave(shape, pace, amplitude=1.4):
    """Reproducible numbers, by default about as large as noise and features; those of `web/cases.mjs`."""
    return (torch.arange(math.prod(shape), dtype=torch.float64) * pace).sin().mul(amplitude).to(torch.float32).view(shape)


def inputs(config, side, batch=1):
    """Patches and text for comparing outputs."""
    patches = (side // config["patch"]) ** 2
    return (wave((batch, patches, config["channels"] * config["patch"] ** 2), 0.37), wave((batch, config["text_length"], config["width"]), 0.61))


def export(folder, weights, out, side=None):
    """Writes `out` and returns the distance of its outputs from PyTorch's relative to their norm."""
    denoiser, tensors = packages.read(folder)
    config = denoiser["config"]
    side = side or config["size"][0]
    network = Network(config, tensors, weights, side)
    given = inputs(config, side)
    net = twin(config, tensors)
    with torch.no_grad():
        place, angles, _ = net.tables(*network.grid, given[1].shape[1], given[0].device)
        values = [given[0], given[0].new_zeros(*given[0].shape[:2], net.condition * net.patch**2)]
        expected = net.core(torch.cat(values, -1), given[1], place, angles)
    return keep(network, given, ["patches", "txt"], "clean", expected, weights, out)


class Once(CalibrationDataReader):
    """Shows the quantizer one set of inputs."""

    def __init__(self, feeds):
        self.feeds = iter([feeds])

    def get_next(self):
        return next(self.feeds, None)


def quantized(path, feeds):
    """The file's products or convolutions in 8 bits, by onnxruntime's own tool. There are fast kernels for products that
    find an input's range themselves, and for convolutions that are told it."""
    out = path.with_name("int8.onnx")
    if any(node.op_type == "Conv" for node in onnx.load(path).graph.node):
        quant_pre_process(path, path)
        quantize_static(path, out, Once(feeds), quant_format=QuantFormat.QDQ, op_types_to_quantize=["Conv"], per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    else:
        quantize_dynamic(path, out, op_types_to_quantize=["MatMul"], per_channel=True, weight_type=QuantType.QInt8)
    return out


def keep(module, given, names, output, expected, weights, out):
    """Writes a module as `out` if its outputs are as expected; returns their distance from that relative to its norm."""
    typed = tuple(x.half() if weights == "f16" else x for x in given)
    program = torch.onnx.export(module.eval(), typed, input_names=names, output_names=[output], dynamo=True, opset_version=21,
                                verbose=False, optimize=True)
    model = settle(program.model_proto)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "dense.onnx"
        onnx.save(model, path)
        if weights == "int8":
            path = quantized(path, {name: x.numpy() for name, x in zip(names, typed)})
        options = onnxruntime.SessionOptions()
        # Processors without VNNI add pairs of 8-bit products in 16 bits, which overflow; the browser's kernels do not.
        options.add_session_config_entry("session.x64quantprecision", "1")
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        (got,) = session.run(None, {name: x.numpy() for name, x in zip(names, typed)})
        error = float(np.linalg.norm(got.astype(np.float32) - expected.numpy()) / np.linalg.norm(expected.numpy()))
        if not error <= ERROR_MAX[weights]:
            raise SystemExit(f"{out.name} is {error:.2g} away from PyTorch's outputs")
        out.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(hurried(onnx.load(path)), out)
    print(f"{out.name}: {out.stat().st_size / 1e6:.1f} MB, {error:.2g} from PyTorch", flush=True)
    return error


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path)
    parser.add_argument("--weights", choices=ERROR_MAX, required=True)
    parser.add_argument("--side", type=int, help="[default: the package's]")
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    export(args.package, args.weights, args.out, args.side)


if __name__ == "__main__":
    main()
