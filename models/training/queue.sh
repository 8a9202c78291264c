#!/usr/bin/env bash
# Trains the default model on a machine with a GPU and no network, in one call; see GPU_QUEUE.md.
#
#   before  queue.sh pack FOLDER                     packs code, drawings, weights to begin from and a wheel into FOLDER
#   there   FOLDER/training/queue.sh run FOLDER OUT MINUTES [PRESET]   trains, distils and writes at most 8 files into OUT
#   after   queue.sh open OUT RUN                    makes a run's folder of them, for release.py, or to go on from
#
# PACK_BYTES_MAX: `pack` fails if FOLDER is larger (default: 64 MiB).
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
python="${PYTHON:-python3}"

pack() {
    local folder="$1" size_bytes
    [[ -f "$here/build/data/drawings.jsonl.xz" ]] || "$python" "$here/collect.py"
    rm -rf "$folder"
    mkdir -p "$folder/training/build/data" "$folder/wheels" "$folder/init"
    tar -C "$here" --exclude=./build --exclude=./checkpoints --exclude=__pycache__ --exclude=./tests -cf - . | tar -C "$folder/training" -xf -
    cp "$here/build/data/drawings.jsonl.xz" "$folder/training/build/data/"
    cp "${INIT:-$here/checkpoints}"/{model.safetensors,tokenizer.json} "$folder/init/"
    # The only Python package that a machine with PyTorch may lack.
    "$python" -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 --platform manylinux_2_28_x86_64 \
        --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 -d "$folder/wheels" resvg_py
    size_bytes=$(du -sb "$folder" | cut -f1)
    echo "$folder has $size_bytes bytes"
    if ((size_bytes > ${PACK_BYTES_MAX:-67108864})); then
        echo "that is more than PACK_BYTES_MAX (${PACK_BYTES_MAX:-67108864})" >&2
        exit 1
    fi
}

# The minutes end training after 72 %, distilling after 90 %; what starting and compiling take is training's loss.
run() {
    local folder="$1" out="$2" minutes="$3" preset="${4:-mini}" begin=$SECONDS
    local t="$folder/training" work="$folder/run" init="$folder/init" changes='{}' fast=(--workers 0)
    mkdir -p "$out"
    exec > >(tee "$out/log.txt") 2>&1
    python3 -m pip install -q --no-index --no-deps --target "$folder/site" "$folder"/wheels/*.whl || echo "no wheel for this Python: is resvg_py here?"
    export PYTHONPATH="$folder/site" PYTHONUNBUFFERED=1 TORCHINDUCTOR_CACHE_DIR="$folder/compiled"
    left() { "$python" -c "print(max(0.2, round($minutes * $1 - ($SECONDS - $begin) / 60, 2)))"; }
    if nvidia-smi -L; then
        changes='{"network": {"depth": 12}, "training": {"batch": 1024, "rates": {"matrices": 0.003, "rows": 0.005, "names": 0.015}, "editing": 0.15},
                  "few": {"batch": 256}, "package": {"format": "q4"}}'
        fast=(--workers "$(($(nproc) - 2))")
        "$python" "$t/grow.py" "$init" --depth 12 -o "$folder/deeper"
        init="$folder/deeper"
    fi
    echo "== train $(date +%T)"
    "$python" "$t/train.py" --preset "$preset" --out "$work" --init "$init" --changes "$changes" --minutes "$(left 0.72)" --decay 0.25 \
        --save-every 1000000 --exam-every 1000000 "${fast[@]}" || echo "training has failed"
    echo "== distil $(date +%T)"
    "$python" "$t/distil.py" --run "$work" --minutes "$(left 0.9)" --q4 "${fast[@]}" || echo "distilling has failed: the teacher is packed alone"
    echo "== pack $(date +%T)"
    "$python" "$t/parcel.py" wrap "$work" "$out"
    cp "$work/log.jsonl" "$work/exam.jsonl" "$out/" || true
    cp "$(find "$work" -name 'sheet*.png' | sort | tail -n 1)" "$out/sheet.png" || true
    echo "== done $(date +%T)"
}

case "${1:-}" in
    pack | run) "$@" ;;
    open) "$python" "$here/parcel.py" open "$2" "$3" ;;
    *) sed -n '2,9p' "${BASH_SOURCE[0]}" && exit 2 ;;
esac
