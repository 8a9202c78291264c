"""The same passes and kernels in PyTorch with the vendor's libraries: an upper bound for a GPU.

    python3 bench/ceiling.py [--json FILE] [--only CASE,…]

In f16 on CUDA, eagerly and as a graph that is captured once and replayed; elsewhere eagerly in f32, to rehearse it. Times
are medians and ranges, in milliseconds; `peak` is a large product's rate.
"""
import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F

from networks import ATTENTIONS, NETWORKS, PRODUCTS, weights
from network import MmJit
from network.mmjit import flops
from upscaler.srvgg import Srvgg

SAMPLES, ENOUGH_S = 15, 0.05
CUDA = torch.cuda.is_available()
DEVICE, DTYPE = ("cuda", torch.float16) if CUDA else ("cpu", torch.float32)


def settle():
    if CUDA:
        torch.cuda.synchronize()


def measured(work, operations):
    """Median and range of one run, and its rate."""
    def timed(times):
        start = time.perf_counter()
        for _ in range(times):
            work()
        settle()
        return time.perf_counter() - start

    timed(3)  # PyTorch chooses its kernels
    times = max(1, round(ENOUGH_S / timed(1)))
    samples = [1e3 * timed(times) / times for _ in range(SAMPLES)]
    median = statistics.median(samples)
    return dict(median_ms=median, range_ms=[min(samples), max(samples)], flops_a_second=operations / median * 1e3)


def both(work, operations):
    """Eagerly, and on a GPU as a CUDA graph: otherwise small passes measure Python."""
    out = dict(eager=measured(work, operations))
    if CUDA:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            work()
        out["graph"] = measured(graph.replay, operations)
    return out


def step(name, side):
    """A pass of a network after the text encoder, as in the comparison."""
    config = NETWORKS[name]
    network = {**config["network"], "condition": 0}
    net = MmJit(config)
    net.load_state_dict(weights(config))
    net = net.to(DEVICE, DTYPE).eval()
    grid = side // network["patch"]
    place, angles, _ = net.tables(grid, grid, config["text"]["length"], torch.device(DEVICE))
    place, angles = place.to(DTYPE), tuple(t.to(DTYPE) for t in angles)
    patches = torch.randn(1, grid**2, network["channels"] * network["patch"] ** 2, device=DEVICE, dtype=DTYPE)
    txt = torch.randn(1, config["text"]["length"], network["width"], device=DEVICE, dtype=DTYPE)
    return both(lambda: net.core(patches, txt, place, angles), flops({**config, "network": network}, grid**2))


def upscaler(side):
    """A pass of the upscaler."""
    layout = dict(device=DEVICE, dtype=DTYPE, memory_format=torch.channels_last)
    net = Srvgg().to(**layout).eval()
    x = torch.rand(1, net.config["channels"], side, side).to(**layout)
    weights = sum(weight.numel() for weight in net.parameters() if weight.dim() == 4)
    return both(lambda: net(x), 2 * weights * side**2)


def product(rows, inputs, outputs):
    x = torch.randn(rows, inputs, device=DEVICE, dtype=DTYPE)
    weight = torch.randn(outputs, inputs, device=DEVICE, dtype=DTYPE)
    return both(lambda: F.linear(x, weight), 2 * rows * inputs * outputs)


def attention(heads, tokens):
    q, k, v = torch.randn(3, 1, heads, tokens, 64, device=DEVICE, dtype=DTYPE)
    return both(lambda: F.scaled_dot_product_attention(q, k, v), 4 * tokens**2 * 64 * heads)


def cases():
    """name → function that measures it."""
    yield "peak", lambda: product(*[8192 if CUDA else 1024] * 3)
    for name, config in NETWORKS.items():
        # The large picture takes too long on a processor.
        side = config["side"] if CUDA or config["side"] <= 256 else 128
        yield f"{name}_step", lambda name=name, side=side: step(name, side)
    yield "upscaler_pass", lambda: upscaler(256 if CUDA else 64)
    for name, shape in PRODUCTS.items():
        yield f"product_{name}", lambda shape=shape: product(*shape)
    for name, shape in ATTENTIONS.items():
        yield f"attention_{name}", lambda shape=shape: attention(*shape)


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json")
    parser.add_argument("--only", type=lambda names: names.split(","), default=[])
    args = parser.parse_args()
    report = dict(device=torch.cuda.get_device_name() if CUDA else "cpu", torch=torch.__version__, dtype=str(DTYPE), results={})
    for name, measure in cases():
        if args.only and name not in args.only:
            continue
        report["results"][name] = measure()
        for how, found in report["results"][name].items():
            print(f"{name:20} {how:6} {found['median_ms']:9.3f} ms {found['flops_a_second'] / 1e9:10.1f} GFLOP/s", flush=True)
        if args.json:
            with open(args.json, "w") as file:
                json.dump(report, file, indent=1)


if __name__ == "__main__":
    main()
