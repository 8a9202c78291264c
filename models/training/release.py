"""Packages a run's weights with the shipped command `image2`.

    python3 models/training/release.py --run build/mini -o build/mini/package          # distilled, in the preset's format
    python3 models/training/release.py --run build/mini --undistilled --format f16 -o …  # the teacher, for comparison
"""
import argparse
import json
import subprocess
from pathlib import Path

from safetensors import safe_open

from evaluation import engine
from trainer.presets import HERE


def about(config, few, vocab):
    """The manifest's description of the model; vocab: the number of rows of the weights' token table."""
    net, text, picture = config["network"], config["text"], config["picture"]
    steps, guidance = (config["few"]["steps"], 1.0) if few else (20, config["few"]["guidance"])
    return {
        "name": config["name"],
        "title": config["title"],
        "architecture": "mm-jit",
        "config": {
            "channels": net["channels"], "condition": net["condition"], "patch": net["patch"], "width": net["width"],
            "heads": net["heads"], "head_dim": net["width"] // net["heads"], "mlp_hidden": net["mlp_hidden"],
            "bottleneck": net["bottleneck"], "preamble": text["depth"], "depth": net["depth"],
            "text": {"kind": "table", "vocab": vocab}, "text_length": text["length"],
            "size": [picture["side"], picture["side"]],
        },
        "picture": {"channels": "rgba", "premultiplied": True, "range": [-1.0, 1.0], "noise_scale": picture["noise"]},
        "tokenizer": {"kind": "bpe", "file": "tokenizer.json", "length": text["length"]},
        "sampler": {"method": "euler", "steps": steps, "guidance": guidance, "guidance_interval": [0.05, 0.95]},
        "licence": "MIT OR Apache-2.0",
        "notices": "NOTICES.md",
    }


def distilled(run):
    """A run's distilled weights and tokenizer. Those with dictionary words are preferred; they must be newer."""
    few, wide = (run / name / "model.safetensors" for name in ("few", "wide"))
    if not wide.exists():
        return few, run / "tokenizer.json"
    if wide.stat().st_mtime < few.stat().st_mtime:
        raise SystemExit(f"{few} is newer than {wide}: run widen_text.py again, or remove {wide.parent}")
    return wide, wide.with_name("tokenizer.json")


def release(run, out, *, few=True, form=None, exceptions=None, notices=None, image2=None):
    """Writes the package `out` from the run's folder and returns its path. `exceptions`: formats that differ from `form`,
    by prefix of the weights' names."""
    config = json.loads((run / "preset.json").read_text())
    staging = run / "staging"
    staging.mkdir(exist_ok=True)
    notices = notices or HERE / "build" / "data" / "NOTICES.md"
    weights, tokenizer = distilled(run) if few else (run / "model.safetensors", run / "tokenizer.json")
    with safe_open(weights, "pt") as file:
        vocab = file.get_slice("txt_embedder.weight").get_shape()[0]
    (staging / "about.json").write_text(json.dumps(about(config, few, vocab), indent=1))
    (staging / "NOTICES.md").write_bytes(notices.read_bytes())
    subprocess.run([engine.find(image2), "models", "quantize", weights, "--about", staging / "about.json",
                    "--with", tokenizer, "--with", staging / "NOTICES.md",
                    "--format", form or config["package"]["format"], "-o", out,
                    *[word for prefix, other in (exceptions or {}).items() for word in ("--set", f"{prefix}={other}")]], check=True)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--undistilled", action="store_true")
    parser.add_argument("--format", choices=["f32", "f16", "q8", "q4"])
    parser.add_argument("--notices", type=Path)
    parser.add_argument("--image2", type=Path, help="the command [default: this repository's build]")
    args = parser.parse_args()
    run = args.run if args.run.exists() else HERE / args.run
    release(run, args.out, few=not args.undistilled, form=args.format, notices=args.notices, image2=args.image2)


if __name__ == "__main__":
    main()
