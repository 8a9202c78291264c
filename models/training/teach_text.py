"""Trains the tokenizer and the text encoder of a preset on its drawings' names, a dictionary and MiniLM.

    python3 models/training/teach_text.py --preset sketch --minutes 25
    python3 models/training/teach_text.py --preset mini --minutes 15 --batch 3072        # a data-centre GPU

Writes build/text/PRESET/: encoder.safetensors, tokenizer.json, report.json, log.jsonl and state.pt. An interrupted run
resumes from state.pt, and a longer --minutes continues training. build/text/packages and build/text/lessons are shared.

    python3 models/training/teach_text.py --preset sketch --of build/sketch/model.safetensors  # only measures the encoder

    python3 models/training/teach_text.py --preset mini --pack FOLDER                     # packs data for a machine without network
    python3 models/training/teach_text.py --preset mini --folder FOLDER --minutes 3       # trains there; measure afterwards elsewhere
"""
import argparse
from pathlib import Path

import torch

from text.course import Course


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", required=True, help="toy, sketch or mini")
    parser.add_argument("--minutes", type=float, default=25, help="training time, over all resumed runs")
    parser.add_argument("--batch", type=int, default=384, help="texts per step, all kinds together")
    parser.add_argument("--sentences", type=int, default=100_000, help="maximum number of the dictionary's sentences")
    parser.add_argument("--data", type=Path, help="drawings.jsonl.xz [default: that of build/data]")
    parser.add_argument("--threads", type=int, default=0, help="processor threads; 0: all")
    parser.add_argument("--folder", type=Path, help="output folder [default: build/text/PRESET]")
    parser.add_argument("--pack", type=Path, metavar="FOLDER", help="only write the data that training needs into this folder")
    parser.add_argument("--measure", action="store_true", help="only measure the existing encoder")
    parser.add_argument("--of", type=Path, metavar="WEIGHTS",
                        help="measure the encoder inside a network's weights, with the tokenizer beside them")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    course = Course(args.preset, args.data, args.sentences, args.folder)
    if args.pack:
        return print(f"{course.pack(args.pack) / 1e6:.1f} MB")
    if args.of:
        return print(course.measure(args.of))
    if not args.measure:
        course.teach(60 * args.minutes, args.batch)
    if not course.packed:
        print(course.measure())


if __name__ == "__main__":
    main()
