#!/usr/bin/env bash
# Trains the default model on a GPU machine that is lent for minutes and reaches no network.
# GPU_QUEUE.md says when to use what.
#
#   here   queue.sh pack FOLDER [PRESET]   what the run needs, in one folder (under 40 MB), and in FOLDER-command what
#                                          package and table need besides
#   there  queue.sh start FOLDER RUN MINUTES [PRESET]   the whole run, detached: train, distil, judges, package, table
#   there  queue.sh add FOLDER-command RUN  any time before the package is made
#   there  queue.sh wait RUN SECONDS       waits, or until the run ends; prints how far it is
#   there  queue.sh bring RUN BATCH DEST   copies one batch of results: 0 is the package, sheets and logs, 1 and
#                                          later the weights to go on from; pieces of 15 MB, at most 4 a batch
#   here   queue.sh join DEST FILE         puts the pieces of a file together again
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
piece_bytes=15000000
pieces_a_batch=4

pack() {
    local folder="$1" preset="${2:-mini}" text="$here/build/text/${2:-mini}"
    [[ -f "$here/build/data/drawings.jsonl.xz" ]] || python3 "$here/collect.py"
    rm -rf "$folder" "$folder-command"
    mkdir -p "$folder/training/build/text/$preset" "$folder/wheels" "$folder-command"
    # The judges come with the repository.
    tar -C "$here" --exclude=build --exclude=checkpoints --exclude=__pycache__ --exclude=tests --exclude=judges -cf - . |
        tar -C "$folder/training" -xf -
    cp -r "$here/build/data" "$folder/training/build/data"
    # An encoder that was taught here travels; else its lessons do, and the GPU teaches it in minutes.
    if [[ -f "$text/encoder.safetensors" ]]; then
        cp "$text"/{encoder.safetensors,tokenizer.json} "$folder/training/build/text/$preset/"
    else
        python3 "$here/teach_text.py" --preset "$preset" --pack "$folder/training/build/text/$preset"
    fi
    python3 "$here/widen_text.py" --preset "$preset" --list "$folder/training/build/text/$preset/words.json"
    # The one package that such a machine lacks; built for the oldest system it may have.
    python3 -m pip download -q --no-deps --only-binary=:all: -d "$folder/wheels" resvg_py
    # The command makes the package and the table there; a debug build is too large to travel.
    local command="$here/../../target/release/image2"
    [[ -x "$command" ]] || (cd "$here/../.." && cargo build --release --workspace --bin image2)
    cp "$command" "$folder-command/image2"
    strip "$folder-command/image2"
    xz -T0 -6 "$folder-command/image2"
    du -sh "$folder" "$folder-command"
    local size_bytes
    size_bytes=$(du -sb "$folder" | cut -f1)
    ((size_bytes < 40000000)) || { echo "$folder is larger than 40 MB" >&2; exit 1; }
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
    # Out of the folder: what brought it may replace it while the run goes on.
    if [[ ! -d "$run/training" ]]; then
        cp -r "$folder/." "$run/"
        cp -r "$here/evaluation/judges" "$run/training/evaluation/"
    fi
    setsid nohup bash "$run/training/queue.sh" whole "$run" "$minutes" "$preset" >"$run/log.txt" 2>&1 &
    echo "started"
}

# Minutes are shared out: text a tenth, distilling a sixth, words a twenty-fifth, judges and the rest what is over.
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
        || { rm -rf "$out/wide"; echo "without words of the dictionary"; }
    touch "$run/weights-ready"
    echo "== package $(date +%T)"
    if [[ -x "$run/image2" ]] && "$run/image2" --version; then
        python3 "$t/release.py" --run "$out" -o "$out/package" --image2 "$run/image2" || echo "no package: make it from the weights"
        if [[ ! -f "$t/evaluation/judges/all.safetensors" ]]; then
            echo "== judges $(date +%T)"
            timeout "$(share 8)" python3 "$t/evaluate.py" --train-judges all --minutes "$(share 0.1)" || echo "no judges"
        fi
        echo "== evaluate $(date +%T)"
        timeout 240 python3 "$t/evaluate.py" "$out/package" --quick --image2 "$run/image2" --json "$out/table.json" \
            || echo "no table: evaluate where the package goes"
    else
        echo "image2 does not run here: package and table are made where the weights go"
    fi
    touch "$run/done"
    echo "== done $(date +%T)"
}

wait_for() {
    local run="$1" until=$((SECONDS + $2))
    while ((SECONDS < until)) && [[ ! -f "$run/done" ]]; do sleep 5; done
    grep -v '^$' "$run/log.txt" | tail -n 12
    [[ -f "$run/done" ]] && echo "the run is over" || echo "the run goes on"
    nvidia-smi --query-gpu=utilization.gpu,memory.used --format=csv,noheader 2>/dev/null || true
}

bring() {
    local run="$1" batch="$2" destination="$3" stage="$1/pieces"
    if [[ ! -d "$stage/0" ]]; then
        mkdir -p "$stage/0" "$stage/1"
        (cd "$run" && find . -maxdepth 3 \( -name 'sheet*.png' -o -name 'log.*' -o -name '*.json' -o -name 'log.txt' \) -not -path './training/*' \
            -print0 | tar --null -czf "$stage/small.tgz" -T - )
        (cd "$run/training" && [[ -d evaluation/judges ]] && tar -czf "$stage/judges.tgz" evaluation/judges || true)
        # The encoder's weights are in the model's; its heads are what it is measured by.
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
        ls "$stage"/1/* | tail -n "+$(((batch - 1) * pieces_a_batch + 1))" | head -n "$pieces_a_batch" | xargs -I{} cp {} "$destination/"
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
    *) sed -n '2,12p' "${BASH_SOURCE[0]}" && exit 2 ;;
esac
