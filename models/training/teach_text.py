"""The tokenizer and the text encoder of a preset, from its drawings' words, a dictionary and MiniLM.

    python3 models/training/teach_text.py --preset sketch --minutes 25
    python3 models/training/teach_text.py --preset mini --minutes 15 --batch 3072        # a data-centre GPU

Writes build/text/PRESET/: encoder.safetensors, tokenizer.json, report.json, log.jsonl and state.pt, from which a
stopped run goes on (a longer --minutes teaches further). build/text/packages and build/text/lessons are shared.

    python3 models/training/teach_text.py --preset sketch --of build/sketch/model.safetensors  # only measures it

    python3 models/training/teach_text.py --preset mini --pack FOLDER                     # what a machine without network needs
    python3 models/training/teach_text.py --preset mini --folder FOLDER --minutes 3       # there; measured afterwards, here
"""
import argparse
from pathlib import Path

import torch

from text.course import Course


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", required=True, help="toy, sketch or mini")
    parser.add_argument("--minutes", type=float, default=25, help="of teaching, over all resumed runs")
    parser.add_argument("--batch", type=int, default=384, help="texts a step, of all kinds together")
    parser.add_argument("--sentences", type=int, default=100_000, help="of the dictionary, at most")
    parser.add_argument("--data", type=Path, help="drawings.jsonl.xz, if not that of build/data")
    parser.add_argument("--threads", type=int, default=0, help="of the processor; 0: all")
    parser.add_argument("--folder", type=Path, help="instead of build/text/PRESET")
    parser.add_argument("--pack", type=Path, metavar="FOLDER", help="only write what teaching needs into this folder")
    parser.add_argument("--measure", action="store_true", help="only measure what is there")
    parser.add_argument("--of", type=Path, metavar="WEIGHTS",
                        help="measure the encoder in a network's weights instead, with the tokenizer beside them")
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
