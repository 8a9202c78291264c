"""The transformer blocks, and Muon, as a C++ extension, for processors with bf16 products of vectors but without matrix tiles.

There torch's products reach half of the processor's peak, its gradients of weights a quarter, and everything between two
products goes through memory. `blocks.cpp` keeps a few pictures in the cache for a whole block. Elsewhere torch.compile is
as good or better, and is used instead: see `Core`.
"""
import ctypes
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

import torch

HERE = Path(__file__).parent
SOURCES = ("blocks.cpp", "muon.cpp")
HEADERS = ("attention.h", "vectors.h")
FLAGS = ("-O3", "-march=native", "-std=c++20", "-fopenmp", "-shared", "-fPIC", "-w")
BUILD = HERE.parents[1] / "build" / "native"
TILE = 8  # pictures that go through a block together


class Shape(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in ("pictures", "width", "hidden", "heads", "blocks", "streams", "tile", "text_ends")] + \
        [("tokens", ctypes.c_int64 * 2)]


def available():
    """Whether this machine is one for which the extension is made, and can compile it."""
    if platform.machine() not in ("x86_64", "AMD64") or not torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported():
        return False
    return shutil.which("g++") is not None


@functools.cache
def library():
    """The compiled extension, kept in build/native under a digest of its sources and of the processor's name."""
    state = hashlib.sha256(" ".join(FLAGS).encode())
    for name in SOURCES + HEADERS:
        state.update((HERE / name).read_bytes())
    state.update(processor().encode())
    path = BUILD / f"{state.hexdigest()[:16]}.so"
    if not path.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=BUILD, suffix=".part")
        os.close(handle)
        subprocess.run(["g++", *FLAGS, *(str(HERE / name) for name in SOURCES), "-o", part], check=True)
        os.replace(part, path)
    made = ctypes.CDLL(str(path))
    made.arena_bytes.restype = ctypes.c_int64
    return made


class Matrix(ctypes.Structure):
    _fields_ = [("weights", ctypes.c_void_p), ("gradient", ctypes.c_void_p), ("momentum", ctypes.c_void_p), ("rows", ctypes.c_int64), ("columns", ctypes.c_int64)]


class Step(ctypes.Structure):
    _fields_ = [("rate", ctypes.c_double), ("momentum", ctypes.c_double), ("clip", ctypes.c_double), ("polynomials", ctypes.c_int64), ("coefficients", ctypes.c_void_p)]


def muon_step(matrices, rate, momentum, polynomials):
    """A step of Muon. matrices: (weights, gradient, momentum) each, contiguous f32 of one shape, multiples of 32 and 16."""
    coefficients = (ctypes.c_float * (3 * len(polynomials)))(*(number for one in polynomials for number in one))
    listed = (Matrix * len(matrices))(*(Matrix(*(part.data_ptr() for part in one), *one[0].shape) for one in matrices))
    step = Step(rate, momentum, 1.0, len(polynomials), ctypes.addressof(coefficients))
    library().muon_step(listed, ctypes.c_int64(len(matrices)), ctypes.byref(step))


def processor():
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else platform.processor()
    return "".join(line for line in text.splitlines()[:30] if line.startswith(("model name", "flags")))


def addresses(tensors):
    """A C array of the tensors' addresses, 0 for None."""
    return (ctypes.c_void_p * len(tensors))(*(0 if tensor is None else tensor.data_ptr() for tensor in tensors))


class Blocks:
    """Transformer blocks in a row, with one stream (TextBlock) or two, text first (JointBlock). Call it with f32 streams
    [B, tokens, width] and the angles of all tokens; it returns the streams' outputs, or the picture's alone if
    `text_ends`, where the last block's text output is unused."""

    def __init__(self, blocks, text_ends):
        first = blocks[0]
        self.joint = hasattr(first, "img_qkv")
        self.text_ends, self.count, self.heads = text_ends and self.joint, len(blocks), first.heads
        prefixes = ("txt_", "img_") if self.joint else ("",)
        self.parts = [[getattr(block, f"{prefix}{part}") for part in ("qkv", "attn_proj", "mlp")] for block in blocks for prefix in prefixes]
        _, proj, mlp = self.parts[0]
        self.width, self.hidden = proj.out_features, mlp.w1.out_features
        self.arena, self.generation = torch.empty(0, dtype=torch.uint8), 0

    def parameters(self):
        """In the order of blocks.cpp. Read anew for each pass, because weights may be made of others (network.quantized)."""
        return [value for qkv, proj, mlp in self.parts
                for value in (qkv.weight, qkv.bias, proj.weight, proj.bias, mlp.w1.weight, mlp.w2.weight, mlp.w3.weight)]

    def suits(self, *tokens):
        """Whether the extension's limits on shapes are kept."""
        return (self.width % 32 == 0 and self.hidden % 16 == 0 and self.width // self.heads % 32 == 0 and self.width // self.heads <= 256
                and all(count % 16 == 0 for count in tokens))

    def shape(self, streams):
        tokens = [stream.shape[1] for stream in streams]
        return Shape(len(streams[0]), self.width, self.hidden, self.heads, self.count, len(streams), TILE, self.text_ends,
                     (ctypes.c_int64 * 2)(*tokens, *[0] * (2 - len(tokens))))

    def reserve(self, shape):
        needed = library().arena_bytes(ctypes.byref(shape))
        if len(self.arena) < needed:
            self.arena = torch.empty(needed, dtype=torch.uint8)
        self.generation += 1
        return ctypes.c_void_p((self.arena.data_ptr() + 63) // 64 * 64)

    def __call__(self, streams, angles):
        half = angles[0].shape[1] // 2
        tables = [angle[:, :half].float().contiguous() for angle in angles]
        out = _Blocks.apply(self, tables, *[stream.float().contiguous() for stream in streams], *self.parameters())
        return out[-1] if self.text_ends else out


class _Blocks(torch.autograd.Function):
    @staticmethod
    def forward(ctx, blocks, tables, *inputs):
        count = 2 if blocks.joint else 1
        streams, parameters = inputs[:count], [p.detach().contiguous() for p in inputs[count:]]
        shape = blocks.shape(streams)
        arena, outputs = blocks.reserve(shape), [torch.empty_like(stream) for stream in streams]
        if blocks.text_ends:
            outputs[0].zero_()
        library().blocks_forward(ctypes.byref(shape), addresses(parameters), *(ctypes.c_void_p(table.data_ptr()) for table in tables), arena,
                                 addresses(streams), addresses(outputs))
        ctx.blocks, ctx.tables, ctx.arena, ctx.generation, ctx.parameters, ctx.streams = blocks, tables, arena, blocks.generation, parameters, shape
        return tuple(outputs)

    @staticmethod
    def backward(ctx, *slopes):
        blocks, shape, parameters = ctx.blocks, ctx.streams, ctx.parameters
        assert ctx.generation == blocks.generation, "another forward pass has overwritten what this backward pass needs"
        rows = [shape.pictures * shape.tokens[i] for i in range(shape.streams)]
        slopes = [torch.zeros(rows[i], blocks.width) if slope is None else slope.float().contiguous().clone() for i, slope in enumerate(slopes)]
        if blocks.text_ends:
            slopes[0].zero_()
        needed = [torch.empty_like(p) for p in parameters]
        if blocks.text_ends:  # everything of the last text stream but its queries, keys and values
            last = len(needed) - 14
            needed[last + 2 : last + 7] = [None] * 5
        mixed = [torch.empty(count, blocks.width, dtype=torch.bfloat16) for count in rows]
        qkv = [torch.empty(count, 3 * blocks.width, dtype=torch.bfloat16) for count in rows]
        library().blocks_back(ctypes.byref(shape), addresses(parameters), addresses(needed), *(ctypes.c_void_p(table.data_ptr()) for table in ctx.tables),
                              ctx.arena, addresses(slopes), addresses(mixed), addresses(qkv))
        shaped = [slope.view(shape.pictures, shape.tokens[i], blocks.width) for i, slope in enumerate(slopes)]
        return None, None, *shaped, *needed
