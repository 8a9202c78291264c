"""Packages a run's weights with the shipped command `image2`.

    python3 models/training/release.py --run build/mini -o PACKAGE                 # distilled, in the preset's format
    python3 models/training/release.py --run build/mini -o PACKAGE --upscaler FILE # with the upscaler of `upscale.py`
    python3 models/training/release.py --run build/mini --undistilled --format f16 -o …  # the teacher, for comparison
    python3 models/training/release.py --upscaler FILE -o PACKAGE                  # the upscaler alone
    python3 models/training/release.py --upscaler published -o PACKAGE             # that of Real-ESRGAN, as training begins with it

The package says what the model knows if the drawings are there that it was trained on.
"""
import argparse
import json
import subprocess
from pathlib import Path

from safetensors import safe_open

from data.drawings import DEFAULT_PATH
from evaluation import engine
from knows import knows, vocabulary
from trainer.presets import HERE
from upscaler import ncnn
from upscaler.srvgg import with_alpha
from upscaler.train import export
from widen_text import world_of, written

LICENCE, NOTICES = "MIT OR Apache-2.0", "NOTICES.md"
PASSES = 3  # 64 to 4,096 pixels


def describe_denoiser(config, few, vocab):
    """The manifest's description of the denoiser; vocab: the number of rows of the weights' token table."""
    net, text, side = config["network"], config["text"], config["picture"]["side"]
    return {
        "architecture": "mm-jit",
        "config": {
            "channels": net["channels"], "condition": net["condition"], "patch": net["patch"], "width": net["width"],
            "heads": net["heads"], "head_dim": net["width"] // net["heads"], "mlp_hidden": net["mlp_hidden"],
            "bottleneck": net["bottleneck"], "preamble": text["depth"], "depth": net["depth"],
            "text": {"kind": "table", "vocab": vocab}, "text_length": text["length"], "size": [side, side],
        },
        "picture": {"channels": "rgba", "premultiplied": True, "range": [-1.0, 1.0]},
        "noise_scale": config["picture"]["noise"],
        # Training shows squares of one size.
        "sizes": {"height": side, "width": side, "multiple": net["patch"], "side_min": side, "side_max": side, "area_max": side**2},
        "sampler": sampler(config["few"], few),
    }


def sampler(recipe, few):
    """The recommended settings. A distilled network knows only the times of its steps."""
    steps, guidance = (len(recipe["times"]) - 1, 1.0) if few else (20, recipe["guidance"])
    return {"method": "euler", "steps": steps, "times": recipe["times"] if few else None, "guidance": guidance,
            "guidance_interval": [0.05, 0.95]}


def describe_upscaler(path):
    """The manifest's description of an upscaler that `upscale.py` wrote."""
    with safe_open(path, "pt") as file:
        said = file.metadata() or {}
    if "config" not in said:
        raise SystemExit(f"{path} does not say its sizes: it is not a file of upscale.py")
    config = json.loads(said["config"])
    channels = {3: "rgb", 4: "rgba"}[config["channels"]]
    return {
        "architecture": said["architecture"],
        "config": config,
        "picture": {"channels": channels, "premultiplied": True, "range": [0.0, 1.0]},
        "scale": config["scale"],
        "passes": PASSES,
    }


def published(folder):
    """Real-ESRGAN's weights, extended to four channels, as a file of `upscale.py`."""
    path = folder / "published.safetensors"
    export(path, with_alpha(ncnn.published(ncnn.fetch(HERE / "build" / "upscaler"))))
    return path


def distilled(run):
    """A run's distilled weights, and its tokenizer, that with dictionary words where it is there; it must be the newer one."""
    plain, wide = run / "tokenizer.json", run / "wide.json"
    if wide.exists() and wide.stat().st_mtime < plain.stat().st_mtime:
        raise SystemExit(f"{plain} is newer than {wide}: run widen_text.py again, or remove it")
    return run / "few" / "model.safetensors", wide if wide.exists() else plain


def release(run, out, *, few=True, form=None, exceptions=None, enlarger=None, data=None, words=None, notices=None, image2=None):
    """Writes the package `out` and returns its path.

    run: the run's folder, or None for an upscaler alone; exceptions: formats that differ from `form`, by prefix of the
    weights' names; enlarger: a file of `upscale.py`, or "published"; data: the drawings; words: a file of `widen_text.py --list`.
    """
    staging = (run or out.parent) / "staging"
    staging.mkdir(parents=True, exist_ok=True)
    about = {"name": "image2-upscaler", "title": "Image 2 upscaler", "licence": LICENCE, "notices": NOTICES, "components": {}}
    command = [engine.find(image2), "models", "quantize", "--about", staging / "about.json", "-o", out]
    said = []
    if run:
        config = json.loads((run / "preset.json").read_text())
        weights, tokenizer = distilled(run) if few else (run / "model.safetensors", run / "tokenizer.json")
        (staging / "tokenizer.json").write_bytes(tokenizer.read_bytes())
        with safe_open(weights, "pt") as file:
            vocab = file.get_slice("txt_embedder.weight").get_shape()[0]
        about |= {"name": config["name"], "title": config["title"]}
        about["components"] |= {
            "denoiser": describe_denoiser(config, few, vocab),
            "text": {"tokenizer": {"kind": "bpe", "file": "tokenizer.json", "length": config["text"]["length"]}},
        }
        command += [weights, "--with", staging / "tokenizer.json", "--format", form or config["package"]["format"]]
        said.append(notices or HERE / "build" / "data" / "NOTICES.md")
        if (data or DEFAULT_PATH).exists():
            world, listed = world_of(config, data), staging / "vocabulary.json"
            pairs = [(word.text, word.name) for word in written(words)] if words else []
            listed.write_text(json.dumps(vocabulary(world.catalogue.names, pairs), ensure_ascii=False, separators=(",", ":")))
            about["knows"] = knows(config, world.looks, listed.name)
            command += ["--with", listed]
    if enlarger:
        path = published(staging) if enlarger == "published" else Path(enlarger)
        about["components"]["upscaler"] = describe_upscaler(path)
        command += ["--upscaler", path]
        said.append(HERE / "upscaler" / "NOTICE.md")
    (staging / "about.json").write_text(json.dumps(about, indent=1))
    (staging / NOTICES).write_text("\n".join(path.read_text() for path in said))
    exceptions = [word for prefix, other in (exceptions or {}).items() for word in ("--set", f"{prefix}={other}")]
    subprocess.run([*command, "--with", staging / NOTICES, *exceptions], check=True)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--undistilled", action="store_true")
    parser.add_argument("--format", choices=["f32", "f16", "q8", "q4"])
    parser.add_argument("--upscaler", metavar="FILE", help="a file of upscale.py, or `published`")
    parser.add_argument("--data", type=Path, help="drawings.jsonl.xz [that of build/data, if it is there]")
    parser.add_argument("--words", type=Path, help="dictionary words that widen_text.py listed")
    parser.add_argument("--notices", type=Path, help="of the drawings [those of build/data]")
    parser.add_argument("--image2", type=Path, help="the command [default: this repository's build]")
    args = parser.parse_args()
    if not (args.run or args.upscaler):
        parser.error("give --run, --upscaler or both")
    run = args.run if args.run is None or args.run.exists() else HERE / args.run
    release(run, args.out, few=not args.undistilled, form=args.format, enlarger=args.upscaler, data=args.data, words=args.words,
            notices=args.notices, image2=args.image2)


if __name__ == "__main__":
    main()
