"""Collects the default model's training data from npm packages into build/data/.

    python3 models/training/collect.py

Installs the packages that data/sets.json pins into build/npm, unless they are there, and writes
    build/data/drawings.jsonl.xz   captioned drawings (see data/drawings.py)
    build/data/fonts/NAME.ttf      fonts for lettering
    build/data/NOTICES.md          authors and licences of all data
    build/data/report.json         counts
The output depends on the packages alone. Drawings are rasterized when training starts.
"""
import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from data import drawings, fetch, fonts, notices, pack, report, words

HERE = Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", type=Path, default=HERE / "build" / "data", help="folder to write to")
    parser.add_argument("--npm", type=Path, default=HERE / "build" / "npm", help="folder to install the packages into")
    arguments = parser.parse_args()

    pinned = fetch.read_sets()
    node_modules = fetch.install(pinned, arguments.npm)
    print("packing drawings")
    aliases = json.loads((HERE / "data" / "aliases.json").read_text(encoding="utf-8"))
    rows, packer = pack.build(pinned, node_modules, aliases)
    arguments.out.mkdir(parents=True, exist_ok=True)
    drawings.save(rows, arguments.out / "drawings.jsonl.xz")
    print("converting fonts")
    files = fonts.convert_all(pinned["fonts"], node_modules, arguments.out / "fonts")
    text = notices.compose(pinned, node_modules, Counter(row["set"] for row in rows))
    (arguments.out / "NOTICES.md").write_text(text, encoding="utf-8")

    numbers = report.summary(rows, packer.filter.counts, words.everyday())
    (arguments.out / "report.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    sizes = {"drawings.jsonl.xz": (arguments.out / "drawings.jsonl.xz").stat().st_size,
             "fonts": sum(path.stat().st_size for path in files), "NOTICES.md": len(text.encode())}
    print(report.as_text(numbers, sizes))
    if sum(sizes.values()) > report.MAX_TOTAL_BYTES:
        sys.exit("the training data exceeds MAX_TOTAL_BYTES: lower MAX_SVG_BYTES in data/iconify.py or remove a set")


if __name__ == "__main__":
    try:
        main()
    except (fetch.FetchError, ValueError) as problem:
        sys.exit(f"collect.py: {problem}")
