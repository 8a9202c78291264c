"""Compiles the kernels for real GPUs on a machine that has none, and counts instructions.

    python3 bench/compilers/compilers.py [--root FOLDER] [--only WORD] [--gpu NAME,…]

Mesa's drivers compile for emulated GPUs: Debian's package `mesa-drm-shim` takes the place of the kernel's driver. They come
from Debian's unstable release, installed in a folder of their own at the first run (as root, by debootstrap; 1 GB).

For each kernel the table has the instructions that an invocation issues per multiplication and addition in the loop over the
inner dimension, the share of multiplications among them, and the compiler's statistics of registers. AMD's waits and hints are
left out, Qualcomm's `nop`s are counted. Instructions are not time, so similar figures do not order two kernels; but twice as many
instructions are slower, and the share of multiplications is the part of the peak that perfect scheduling could reach.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import listings
from loops import cost, loops

REPOSITORY = Path(__file__).parents[2]
LIBRARIES = "/usr/lib/x86_64-linux-gnu"
# Name: the parser of its listings, the driver, the emulated kernel driver, and environment variables.
GPUS = {
    "rdna-2": (listings.amd, "radeon", "amdgpu", {"AMDGPU_GPU_ID": "navi21", "RADV_DEBUG": "shaders,shaderstats,nocache"}),
    "rdna-3": (listings.amd, "radeon", "amdgpu", {"AMDGPU_GPU_ID": "navi31", "RADV_DEBUG": "shaders,shaderstats,nocache"}),
    "turing": (listings.nvidia, "nouveau", "nouveau", {"NOUVEAU_CHIPSET": "164", "NAK_DEBUG": "print"}),
    "ampere": (listings.nvidia, "nouveau", "nouveau", {"NOUVEAU_CHIPSET": "172", "NAK_DEBUG": "print"}),
    "adreno-7xx": (listings.qualcomm, "freedreno", "freedreno", {"FD_GPU_ID": "730", "IR3_SHADER_DEBUG": "cs"}),
    "apple-m1": (listings.apple, "asahi", "asahi", {"AGX_MESA_DEBUG": "shaders,shaderdb"}),
}
TILES = ["8x8", "4x8", "4x4"]
KERNELS = [f"product q8 {arithmetic} {tile}" for arithmetic in ("single", "half", "packed") for tile in TILES]
KERNELS += [f"product q4 {arithmetic} 8x8" for arithmetic in ("single", "packed")]
KERNELS += [f"attention {choice}" for choice in ("single", "single subgroups", "half", "half subgroups")]
MULTIPLIES = re.compile(r"ffma|fmadd|v_(dual_)?fm(a|ac|amk|aak)_f32|v_fma_mix_f32|mad\.f32")
FOUR_BYTES = re.compile(r"v_dot4|idp4|dp4acc")


def prepare(root):
    """Installs Debian's unstable release with the drivers, and builds the program that compiles a kernel."""
    if os.geteuid() != 0:
        sys.exit("must be root, to use chroot")
    if not (root / "usr").exists():
        if not shutil.which("debootstrap"):
            sys.exit("debootstrap is missing; Debian and Ubuntu package it")
        packages = "--include=mesa-vulkan-drivers,mesa-drm-shim"
        subprocess.run(["debootstrap", "--variant=minbase", packages, "sid", str(root)], check=True)
    build = ["cargo", "build", "--quiet", "--release", "--package", "image2-shaders", "--example", "compile"]
    subprocess.run(build, cwd=REPOSITORY, check=True)
    shutil.copy(REPOSITORY / "target/release/examples/compile", root / "compile")


def printed(root, gpu, kernel):
    """The driver's output; None where the GPU lacks the arithmetic."""
    _, driver, shim, settings = GPUS[gpu]
    settings = settings | {
        "MESA_SHADER_CACHE_DISABLE": "true",
        "LD_PRELOAD": f"{LIBRARIES}/lib{shim}_noop_drm_shim.so",
        "VK_ICD_FILENAMES": f"/usr/share/vulkan/icd.d/{driver}_icd.json",
        "XDG_RUNTIME_DIR": "/tmp",
    }
    words = [f"{name}={value}" for name, value in settings.items()]
    run = ["chroot", str(root), "env", *words, "/compile", *kernel.split()]
    result = subprocess.run(run, capture_output=True, text=True, errors="replace", timeout=300)
    text = result.stderr + result.stdout
    if result.returncode != 0:
        sys.exit(f"{gpu}, {kernel}: {text[-1000:]}")
    if " half" in kernel and "half: false" in text:
        return None
    return text


def blocks_of(kernel):
    """Blocks of 32 values in an iteration of a product's outermost loop."""
    rows = int(kernel.split()[3].split("x")[0])
    return 8 // rows if " packed" in kernel else 1


def expected(kernel):
    """Multiplications and additions of an invocation in an iteration of its outermost loop; four bytes count as four."""
    if kernel.startswith("attention"):
        return 2 * 16 * 64  # four queries times four keys times 64 features, and as many with the values
    rows, columns = map(int, kernel.split()[3].split("x"))
    return blocks_of(kernel) * 32 * rows * columns


def multiplied(instructions, packed):
    pattern, each = (FOUR_BYTES, 4) if packed else (MULTIPLIES, 1)
    return each * sum(count for name, count in instructions.items() if pattern.match(name))


def measure(gpu, kernel, text):
    """Instructions per multiplication, the share of multiplications, and the driver's statistics."""
    blocks, stats = GPUS[gpu][0](text)
    packed, total = " packed" in kernel, expected(kernel)

    def iterations(loop, own):
        if packed:
            return blocks_of(kernel)
        # Loops over vectors and keys have eight iterations; the loop over a head's two chunks contains one of them.
        return 2 if loop.inner or multiplied(own, False) >= total // 4 else 8

    outer = max(loops(blocks), key=lambda loop: multiplied(cost(loop, blocks, iterations), packed))
    spent = cost(outer, blocks, iterations)
    found = multiplied(spent, packed)
    if packed and not found:
        return None, None, f"no instruction multiplies bytes; {stats}"
    # Norms and scales add a few. Otherwise the loops were not recognized correctly.
    if not total * 0.98 <= found <= total * 1.2:
        sys.exit(f"{gpu}, {kernel}: {found} multiplications found, {total} expected")
    useful = total // 4 if packed else total
    return spent.total() / total, useful / spent.total(), stats


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--root", type=Path, default=REPOSITORY / "target/compilers")
    arguments.add_argument("--only", default="", help="kernels whose names contain this")
    arguments.add_argument("--gpu", default=",".join(GPUS))
    given = arguments.parse_args()
    prepare(given.root)
    print(f"{'':32} {'GPU':12} {'per mul':>8} {'share':>6}  registers")
    for kernel in (kernel for kernel in KERNELS if given.only in kernel):
        for gpu in given.gpu.split(","):
            text = printed(given.root, gpu, kernel)
            if text is None:
                continue
            each, share, stats = measure(gpu, kernel, text)
            figures = f"{each:8.2f} {share:6.0%}" if each else f"{'?':>8} {'?':>6}"
            print(f"{kernel:32} {gpu:12} {figures}  {stats}", flush=True)


if __name__ == "__main__":
    main()
