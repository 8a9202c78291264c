#!/usr/bin/env bash
# Trains the default model on a machine with a GPU and no network; see GPU_QUEUE.md.
#
#   before  queue.sh pack FOLDER [PRESET]            packs the run into FOLDER and the command `image2` into FOLDER-command
#   there   queue.sh start FOLDER RUN MINUTES [PRESET]   starts the run in the background: text, train, distil, words,
#                                                    package, judges, table
#   there   queue.sh add FOLDER-command RUN          adds the command, at any time before the package is made
#   there   queue.sh wait RUN SECONDS                waits until the run ends, at most SECONDS, and prints its state
#   there   queue.sh bring RUN BATCH DEST            copies a batch of results: 0 is package, sheets and logs; 1 and later
#                                                    are the weights to continue from
#   after   queue.sh join DEST FILE                  joins the pieces of a file
#
# Environment, for transfers of limited size:
#   PACK_BYTES_MAX     `pack` fails if FOLDER is larger (default: no limit)
#   PIECE_BYTES        size of a piece (default: 15000000)
#   PIECES_PER_BATCH   pieces of weights per batch (default: 4)
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
piece_bytes="${PIECE_BYTES:-15000000}"
pieces_per_batch="${PIECES_PER_BATCH:-4}"

pack() {
    local folder="$1" preset="${2:-mini}" text="$here/build/text/${2:-mini}"
    [[ -f "$here/build/data/drawings.jsonl.xz" ]] || python3 "$here/collect.py"
    rm -rf "$folder" "$folder-command"
    mkdir -p "$folder/training/build/text/$preset" "$folder/wheels" "$folder-command"
    # The judges are in the repository.
    tar -C "$here" --exclude=build --exclude=checkpoints --exclude=__pycache__ --exclude=tests --exclude=judges -cf - . |
        tar -C "$folder/training" -xf -
    cp -r "$here/build/data" "$folder/training/build/data"
    # A finished encoder is packed; otherwise its training data is, and the GPU trains the encoder within minutes.
    if [[ -f "$text/encoder.safetensors" ]]; then
        cp "$text"/{encoder.safetensors,tokenizer.json} "$folder/training/build/text/$preset/"
    else
        python3 "$here/teach_text.py" --preset "$preset" --pack "$folder/training/build/text/$preset"
    fi
    python3 "$here/widen_text.py" --preset "$preset" --list "$folder/training/build/text/$preset/words.json"
    # The only Python package that a machine with PyTorch may lack.
    python3 -m pip download -q --no-deps --only-binary=:all: -d "$folder/wheels" resvg_py
    # The command makes the package and the table. A release build, because debug builds are large.
    local command="$here/../../target/release/image2"
    [[ -x "$command" ]] || (cd "$here/../.." && cargo build --release --workspace --bin image2)
    cp "$command" "$folder-command/image2"
    strip "$folder-command/image2"
    xz -T0 -6 "$folder-command/image2"
    du -sh "$folder" "$folder-command"
    local size_bytes
    size_bytes=$(du -sb "$folder" | cut -f1)
    if [[ -n "${PACK_BYTES_MAX:-}" ]] && ((size_bytes > PACK_BYTES_MAX)); then
        echo "$folder has $size_bytes bytes, more than PACK_BYTES_MAX ($PACK_BYTES_MAX)" >&2
        exit 1
    fi
}

add() {
    xz -dc "$1/image2.xz" >"$2/image2.part"
    chmod +x "$2/image2.part"
    mv "$2/image2.part" "$2/image2"
}

start() {
    local folder minutes="$3" preset="${4:-mini}" run="$2"
    folder="$(cd "$1" && pwd)"
    mkdir -p "$run"
    # Copied, because FOLDER may be replaced while the run continues.
    if [[ ! -d "$run/training" ]]; then
        cp -r "$folder/." "$run/"
        cp -r "$here/evaluation/judges" "$run/training/evaluation/"
    fi
    setsid nohup bash "$run/training/queue.sh" whole "$run" "$minutes" "$preset" >"$run/log.txt" 2>&1 &
    echo "started"
}

# Shares of the minutes: text 10 %, training 58 %, distilling 16 %, words 4 %; the rest is for package, judges and table.
whole() {
    local run="$1" minutes="$2" preset="$3" t="$1/training"
    python3 -m pip install -q --no-index --no-deps --target "$run/site" "$run"/wheels/*.whl
    export PYTHONPATH="$run/site" PYTHONUNBUFFERED=1 TORCHINDUCTOR_CACHE_DIR="$run/compiled"
    local out="$run/$preset" text="$t/build/text/$preset"
    local init=()
    [[ -f "$run/init.safetensors" ]] && init=(--init "$run/init.safetensors")
    share() { python3 -c "print(round($minutes * $1, 2))"; }
    if [[ ! -f "$text/encoder.safetensors" ]]; then
        echo "== text $(date +%T)"
        python3 "$t/teach_text.py" --preset "$preset" --folder "$text" --minutes "$(share 0.1)" --batch 3072
    fi
    echo "== train $(date +%T)"
    python3 "$t/train.py" --preset "$preset" --out "$out" --text "$text" --minutes "$(share 0.58)" --decay 0.35 \
        --save-every 150 "${init[@]}"
    echo "== distil $(date +%T)"
    python3 "$t/distil.py" --run "$out" --text "$text" --minutes "$(share 0.16)" --q4
    echo "== words $(date +%T)"
    python3 "$t/widen_text.py" --run "$out" --words "$text/words.json" --minutes "$(share 0.04)" --batch 256 \
        || { rm -rf "$out/wide"; echo "dictionary words failed: continuing without them"; }
    touch "$run/weights-ready"
    echo "== package $(date +%T)"
    if [[ -x "$run/image2" ]] && "$run/image2" --version; then
        python3 "$t/release.py" --run "$out" -o "$out/package" --image2 "$run/image2" || echo "packaging failed: package the weights elsewhere"
        echo "== evaluate $(date +%T)"
        timeout 240 python3 "$t/evaluate.py" "$out/package" --quick --image2 "$run/image2" --json "$out/table.json" \
            || echo "the evaluation failed: evaluate the package elsewhere"
    else
        echo "image2 is missing or does not run on this machine: make package and table elsewhere"
    fi
    touch "$run/done"
    echo "== done $(date +%T)"
}

wait_for() {
    local run="$1" until=$((SECONDS + $2))
    while ((SECONDS < until)) && [[ ! -f "$run/done" ]]; do sleep 5; done
    grep -v '^$' "$run/log.txt" | tail -n 12
    [[ -f "$run/done" ]] && echo "the run has ended" || echo "the run continues"
    nvidia-smi --query-gpu=utilization.gpu,memory.used --format=csv,noheader 2>/dev/null || true
}

bring() {
    local run="$1" batch="$2" destination="$3" stage="$1/pieces"
    if [[ ! -d "$stage/0" ]]; then
        mkdir -p "$stage/0" "$stage/1"
        (cd "$run" && find . -maxdepth 3 \( -name 'sheet*.png' -o -name 'log.*' -o -name '*.json' -o -name 'log.txt' \) -not -path './training/*' \
            -print0 | tar --null -czf "$stage/small.tgz" -T - )
        (cd "$run/training" && [[ -d evaluation/judges ]] && tar -czf "$stage/judges.tgz" evaluation/judges || true)
        # The model contains the encoder's weights; its heads are needed to measure it.
        (cd "$run/training/build/text" && tar -czf "$stage/text.tgz" */tokenizer.json $(ls */heads.safetensors */log.jsonl 2>/dev/null))
        local package
        for package in "$run"/*/package; do [[ -d "$package" ]] && tar -C "$(dirname "$package")" -czf "$stage/package.tgz" package; done
        tar -cf "$stage/results.tar" -C "$stage" $(cd "$stage" && ls ./*.tgz)
        split -b "$piece_bytes" -d "$stage/results.tar" "$stage/0/results.tar."
        cat "$run"/*/model.safetensors | split -b "$piece_bytes" -d - "$stage/1/model.safetensors."
        [[ -f $(ls "$run"/*/few/model.safetensors) && ! -f "$stage/package.tgz" ]] &&
            xz -T0 -3 -c "$run"/*/few/model.safetensors | split -b "$piece_bytes" -d - "$stage/1/zfew.safetensors.xz."
    fi
    mkdir -p "$destination"
    if [[ "$batch" == 0 ]]; then
        cp "$stage"/0/* "$destination/"
    else
        ls "$stage"/1/* | tail -n "+$(((batch - 1) * pieces_per_batch + 1))" | head -n "$pieces_per_batch" | xargs -I{} cp {} "$destination/"
    fi
    echo "$(ls "$stage"/0/* "$stage"/1/* | wc -l) pieces in all"
}

join() {
    cat "$1/$2".[0-9]* >"$1/$2"
    ls -l "$1/$2"
}

case "${1:-}" in
    pack | start | add | whole | bring | join) "$@" ;;
    wait) shift && wait_for "$@" ;;
    *) sed -n '2,16p' "${BASH_SOURCE[0]}" && exit 2 ;;
esac
