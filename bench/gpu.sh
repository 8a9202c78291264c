#!/usr/bin/env bash
# Measures on a machine with a GPU, Python and PyTorch, but no network, no Node and perhaps no Vulkan loader; see
# models/training/GPU_QUEUE.md.
#
#   before  cargo xtask bench --pack FOLDER        packs everything into one archive in FOLDER; calls `gpu.sh pack`
#   there   bench/gpu.sh run FOLDER OUT [OPTION…]  measures PyTorch as the upper bound, both engines on Dawn and our
#                                                  kernels natively; passes options to node.mjs (`--software` needs no GPU)
#
# Environment:
#   PACK_BYTES_MAX   `pack` fails if the archive is larger (default: no limit)
#   TIME_SCALE       multiplies the parts' time limits (default: 1)
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

# Arguments: FOLDER, Node, the engine's wasm, the output of prepare.py, the example `measure`.
pack() {
    local folder="$1" node="$2" engine="$3" prepared="$4" measure="$5" stage
    stage="$(mktemp -d)"
    trap 'rm -rf "$stage"' RETURN
    mkdir -p "$folder" "$stage"/{lib,models/training,bench/node_modules/webgpu/dist,bench/node_modules/onnxruntime-web/dist}
    cp -r "$here"/{*.mjs,*.py,package.json,web} "$stage/bench/"
    cp -r "$here/../models/training/"{network,presets,upscaler} "$stage/models/training/"
    local modules="bench/node_modules"
    cp "$here/../$modules/webgpu/"{package.json,index.js,LICENSE.md} "$stage/$modules/webgpu/"
    cp -r "$here/../$modules/webgpu/dist/linux-x64" "$stage/$modules/webgpu/dist/"
    cp "$here/../$modules/onnxruntime-web/package.json" "$stage/$modules/onnxruntime-web/"
    cp "$here/../$modules/onnxruntime-web/dist/"{ort.webgpu.bundle.min.mjs,ort-wasm-simd-threaded.asyncify.mjs,ort-wasm-simd-threaded.asyncify.wasm} \
        "$stage/$modules/onnxruntime-web/dist/"
    cp -r "$prepared" "$stage/comparison"
    cp -r "$engine" "$stage/comparison/engine"
    cp "$(readlink -f "$node")" "$stage/node"
    cp "$measure" "$stage/measure"
    strip "$stage/node" "$stage/measure"
    local loader
    loader="$(ldconfig -p | awk '/libvulkan\.so\.1 .*x86-64/ { print $NF; exit }')"
    [[ -z "$loader" ]] || cp -L "$loader" "$stage/lib/"
    # The networks contain equal rows that are over 100 MB apart; a large dictionary finds them.
    tar -C "$stage" --sort=name --owner=0 --group=0 -cf - . | xz -T1 --lzma2=preset=6,dict=256MiB >"$folder/bench.tar.xz"
    local size_bytes
    size_bytes=$(stat -c %s "$folder/bench.tar.xz")
    echo "$folder/bench.tar.xz: $((size_bytes / 1000000)) MB"
    if [[ -n "${PACK_BYTES_MAX:-}" ]] && ((size_bytes > PACK_BYTES_MAX)); then
        echo "the archive has $size_bytes bytes, more than PACK_BYTES_MAX ($PACK_BYTES_MAX)" >&2
        exit 1
    fi
}

# A part that fails does not stop the others. With the default limits all parts take at most about nine minutes.
run() {
    local folder="$1" out="$2" work
    shift 2
    mkdir -p "$out"
    out="$(cd "$out" && pwd)"
    work="$(mktemp -d)"
    xz -dc "$folder/bench.tar.xz" | tar -C "$work" -xf -
    # Use the packed Vulkan loader if the system has none, and find the driver if it is in an unusual place.
    ldconfig -p | grep -q 'libvulkan\.so\.1' || export LD_LIBRARY_PATH="$work/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    if [[ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ]] && ! compgen -G '/usr/share/vulkan/icd.d/*' >/dev/null && ! compgen -G '/etc/vulkan/icd.d/*' >/dev/null; then
        VK_DRIVER_FILES="$(find / -path '*/vulkan/icd.d/*.json' -not -path '/proc/*' -print -quit 2>/dev/null || true)"
        export VK_DRIVER_FILES
    fi
    nvidia-smi >"$out/gpu.txt" 2>&1 || true
    part() {
        local name="$1" limit_s=$(($2 * ${TIME_SCALE:-1}))
        shift 2
        echo "== $name"
        timeout "$limit_s" "$@" 2>"$out/$name.log" | tee "$out/$name.txt" || { echo "$name failed:" && tail -n 5 "$out/$name.log"; }
    }
    part ceiling 100 python3 "$work/bench/ceiling.py" --json "$out/ceiling.json"
    dawn() {
        "$work/node" "$work/bench/node.mjs" --cases "$work/comparison/cases.json" --engine "$work/comparison/engine" "$@"
    }
    export -f dawn
    export work
    part dawn 250 bash -c 'dawn "$@"' dawn --json "$out/dawn.json" "$@"
    # As in current browsers: without experimental features such as subgroup matrices.
    part stable 90 bash -c 'dawn "$@"' dawn --json "$out/stable.json" --only mini_step,b16_step --dawn backend=vulkan "$@"
    part native 100 "$work/measure"
    rm -rf "$work"
}

case "${1:-}" in
    pack | run) "$@" ;;
    *) sed -n '2,11p' "${BASH_SOURCE[0]}" && exit 2 ;;
esac
