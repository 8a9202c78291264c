"""What the compilers of real GPUs make of the kernels, on a machine that has none.

    python3 bench/compilers/compilers.py [--root FOLDER] [--only WORD] [--gpu NAME,…]

Mesa's drivers compile for GPUs that are pretended: Debian's package `mesa-drm-shim` answers in the kernel's place. They are
taken from Debian's unstable release in a folder of their own, made at the first run (as root, by debootstrap; 1 GB).

For each way of multiplying the table tells how many instructions an invocation issues for a multiplication and addition,
in the loop that walks the inner dimension, what part of them the multiplications are, and what the compiler says of
registers. AMD's waits and hints are left out, Qualcomm's `nop`s are counted. Time is more than instructions, so two ways with like figures are not told apart by it; but who issues twice as
many is slower, and a multiplication's share is what the best scheduling could reach of the peak.
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
# Name: the reader of its listings, the driver, the stand-in for the kernel, and what it is told.
GPUS = {
    "rdna-2": (listings.amd, "radeon", "amdgpu", {"AMDGPU_GPU_ID": "navi21", "RADV_DEBUG": "shaders,shaderstats,nocache"}),
    "rdna-3": (listings.amd, "radeon", "amdgpu", {"AMDGPU_GPU_ID": "navi31", "RADV_DEBUG": "shaders,shaderstats,nocache"}),
    "turing": (listings.nvidia, "nouveau", "nouveau", {"NOUVEAU_CHIPSET": "164", "NAK_DEBUG": "print"}),
    "ampere": (listings.nvidia, "nouveau", "nouveau", {"NOUVEAU_CHIPSET": "172", "NAK_DEBUG": "print"}),
    "adreno-7xx": (listings.qualcomm, "freedreno", "freedreno", {"FD_GPU_ID": "730", "IR3_SHADER_DEBUG": "cs"}),
    "apple-m1": (listings.apple, "asahi", "asahi", {"AGX_MESA_DEBUG": "shaders,shaderdb"}),
}
TILES = ["8x8", "4x8", "4x4"]
WAYS = [f"product q8 {way} {tile}" for way in ("single", "half", "packed") for tile in TILES]
WAYS += [f"product q4 {way} 8x8" for way in ("single", "packed")]
WAYS += [f"attention {way}" for way in ("single", "single subgroups", "half", "half subgroups")]
MULTIPLIES = re.compile(r"ffma|fmadd|v_(dual_)?fm(a|ac|amk|aak)_f32|v_fma_mix_f32|mad\.f32")
FOUR_BYTES = re.compile(r"v_dot4|idp4|dp4acc")


def prepare(root):
    """Debian's unstable release with the drivers in it, and the program that compiles."""
    if os.geteuid() != 0:
        sys.exit("must be root, to look at the world from another folder")
    if not (root / "usr").exists():
        if not shutil.which("debootstrap"):
            sys.exit("needs debootstrap, which Debian and Ubuntu package")
        packages = "--include=mesa-vulkan-drivers,mesa-drm-shim"
        subprocess.run(["debootstrap", "--variant=minbase", packages, "sid", str(root)], check=True)
    build = ["cargo", "build", "--quiet", "--release", "--package", "image2-shaders", "--example", "compile"]
    subprocess.run(build, cwd=REPOSITORY, check=True)
    shutil.copy(REPOSITORY / "target/release/examples/compile", root / "compile")


def printed(root, gpu, way):
    """All that the driver prints; None where the GPU has no such arithmetic."""
    _, driver, stand_in, settings = GPUS[gpu]
    settings = settings | {
        "MESA_SHADER_CACHE_DISABLE": "true",
        "LD_PRELOAD": f"{LIBRARIES}/lib{stand_in}_noop_drm_shim.so",
        "VK_ICD_FILENAMES": f"/usr/share/vulkan/icd.d/{driver}_icd.json",
        "XDG_RUNTIME_DIR": "/tmp",
    }
    words = [f"{name}={value}" for name, value in settings.items()]
    run = ["chroot", str(root), "env", *words, "/compile", *way.split()]
    result = subprocess.run(run, capture_output=True, text=True, errors="replace", timeout=300)
    text = result.stderr + result.stdout
    if result.returncode != 0:
        sys.exit(f"{gpu}, {way}: {text[-1000:]}")
    if " half" in way and "half: false" in text:
        return None
    return text


def blocks_of(way):
    """Blocks of 32 values that a round of a product's outermost loop takes."""
    rows = int(way.split()[3].split("x")[0])
    return 8 // rows if " packed" in way else 1


def wanted(way):
    """Multiplications and additions of an invocation in a round of its outermost loop, four bytes counted as four."""
    if way.startswith("attention"):
        return 2 * 16 * 64  # four queries by four keys by 64 features, and as many with the values
    rows, columns = map(int, way.split()[3].split("x"))
    return blocks_of(way) * 32 * rows * columns


def multiplied(instructions, packed):
    pattern, each = (FOUR_BYTES, 4) if packed else (MULTIPLIES, 1)
    return each * sum(count for name, count in instructions.items() if pattern.match(name))


def measure(gpu, way, text):
    """Instructions for a multiplication, the share of those that multiply, and what the driver says."""
    blocks, stats = GPUS[gpu][0](text)
    packed, total = " packed" in way, wanted(way)

    def rounds(loop, own):
        if packed:
            return blocks_of(way)
        # Loops over quads and keys have eight rounds; that over a head's two chunks holds one.
        return 2 if loop.inner or multiplied(own, False) >= total // 4 else 8

    outer = max(loops(blocks), key=lambda loop: multiplied(cost(loop, blocks, rounds), packed))
    spent = cost(outer, blocks, rounds)
    found = multiplied(spent, packed)
    if packed and not found:
        return None, None, f"no instruction multiplies bytes; {stats}"
    # A few more are of norms and scales. Otherwise the loops are not what they are taken for.
    if not total * 0.98 <= found <= total * 1.2:
        sys.exit(f"{gpu}, {way}: {found} multiplications found where {total} are made")
    useful = total // 4 if packed else total
    return spent.total() / total, useful / spent.total(), stats


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--root", type=Path, default=REPOSITORY / "target/compilers")
    arguments.add_argument("--only", default="", help="ways that contain this")
    arguments.add_argument("--gpu", default=",".join(GPUS))
    given = arguments.parse_args()
    prepare(given.root)
    print(f"{'':32} {'GPU':12} {'for one':>8} {'share':>6}  registers")
    for way in (way for way in WAYS if given.only in way):
        for gpu in given.gpu.split(","):
            text = printed(given.root, gpu, way)
            if text is None:
                continue
            each, share, stats = measure(gpu, way, text)
            figures = f"{each:8.2f} {share:6.0%}" if each else f"{'?':>8} {'?':>6}"
            print(f"{way:32} {gpu:12} {figures}  {stats}", flush=True)


if __name__ == "__main__":
    main()
