"""Runs the shipped command `image2`, so that measurements apply to what users get.

Pictures are cached under build/evaluation/ in a folder whose name depends on package, program and settings. An interrupted
run resumes, and outdated pictures are never used.
"""
import hashlib
import json
import os
import subprocess
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
AT_ONCE = 100  # pictures per start of the program; progress is reported in between
SIDE = 256  # of judged pictures
PICTURES = Path(__file__).resolve().parents[1] / "build" / "evaluation"


class EngineError(RuntimeError):
    """The command failed; the message is its output."""


def find(path=None):
    """The program: the given one, else the release build, else the debug build, else a new build."""
    if path:
        return Path(path)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    for profile in ("release", "debug"):
        program = target / profile / "image2"
        if program.exists():
            return program
    subprocess.run(["cargo", "build", "--release", "--workspace", "--bin", "image2"], cwd=ROOT, check=True)
    return target / "release" / "image2"


@dataclass
class Engine:
    program: Path
    package: Path
    device: str = "auto"
    options: list = field(default_factory=list)  # further arguments: ["--steps", "20"]

    def folder(self):
        """The folder of this engine's pictures."""
        state = hashlib.sha256((self.package / "manifest.json").read_bytes())
        with open(self.program, "rb") as program:
            state.update(hashlib.file_digest(program, "sha256").digest())
        state.update(json.dumps([self.device, self.options]).encode())
        return PICTURES / f"{self.package.name}-{state.hexdigest()[:12]}"

    def size(self):
        """The size to ask for, as arguments of a line: that of judged pictures, where the package can enlarge."""
        parts = json.loads((self.package / "manifest.json").read_text()).get("components", {})
        return {"size": f"{SIDE}x{SIDE}"} if "upscaler" in parts else {}

    def run(self, *words):
        """The command's JSON answer."""
        command = [str(self.program), "generate", "--json", "--model", str(self.package), "--device", self.device]
        done = subprocess.run([*command, *self.options, *words], capture_output=True, text=True)
        if done.returncode:
            raise EngineError(f"image2 ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
        return json.loads(done.stdout)

    def generate(self, prompts, note=lambda done, of: None):
        """Paths of the pictures of `prompts` (dicts with id, prompt, seed), in order; existing ones are not made again."""
        folder = self.folder()
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / file_name(prompt) for prompt in prompts]
        missing = [(prompt, path) for prompt, path in zip(prompts, paths) if not path.exists()]
        for start in range(0, len(missing), AT_ONCE):
            part = missing[start : start + AT_ONCE]
            lines = [json.dumps({"prompt": p["prompt"], "seed": p["seed"], "output": path.name} | self.size()) for p, path in part]
            (folder / "prompts.jsonl").write_text("\n".join(lines) + "\n")
            self.run("--prompts", str(folder / "prompts.jsonl"), "--output", str(folder))
            note(start + len(part), len(missing))
        return paths


def file_name(prompt):
    """`single-007-1a2b3c4d.png`. The checksum changes with the prompt, so an outdated picture is not found."""
    checksum = zlib.crc32(json.dumps([prompt["prompt"], prompt["seed"]]).encode())
    return f"{prompt['id']}-{checksum:08x}.png"


def read(path):
    """A PNG as premultiplied RGBA, float [4, H, W] in [0, 1]; opaque if it has no alpha."""
    with Image.open(path) as image:
        rgba = torch.from_numpy(np.asarray(image.convert("RGBA")).copy()).permute(2, 0, 1).float() / 255
    rgba[:3] *= rgba[3:]
    return rgba


def progress(done, of):
    """Reports progress on standard error."""
    if done == of or done % AT_ONCE == 0:
        print(f"  {done} of {of} pictures", file=sys.stderr, flush=True)
