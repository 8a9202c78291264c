#!/bin/sh
# Runs the fuzzer for so many seconds (default 60) without cargo-fuzz: the flags are those that it
# passes, less the address sanitizer, because the crate has no unsafe code.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1" \
    cargo +nightly build --release --target "$host" --target-dir "${CARGO_TARGET_DIR:-target}"
mkdir -p corpus artifacts
# Valid inputs to start from.
IMAGE2_FUZZ_CORPUS="$PWD/corpus" cargo test --manifest-path ../Cargo.toml --quiet --test mutations seeds
"${CARGO_TARGET_DIR:-target}/$host/release/package" corpus -artifact_prefix=artifacts/ \
    -max_total_time="$seconds" -max_len=16384 -rss_limit_mb=1024 -malloc_limit_mb=64
