//! The fuzz entry on stable Rust: thousands of damaged packages, none of which may panic.

mod common;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use common::{files_of, golden};
use image2_package::fuzzing::fuzz_entry;
use proptest::prelude::*;

/// Valid inputs of every kind that the fuzz entry knows.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let with_kind = |kind: u8, bytes: &[u8]| [&[kind], bytes].concat();
    let mut seeds = Vec::new();
    for (version, shards) in [
        (1, &["weights-00000.safetensors"][..]),
        (
            2,
            &["weights-00000.safetensors", "weights-00001.safetensors"],
        ),
    ] {
        let files = files_of(&golden(version));
        let manifest = &files["manifest.json"];
        seeds.extend([with_kind(0, manifest), with_kind(1, manifest)]);
        for shard in shards.iter().map(|name| &files[*name]) {
            let length = (manifest.len() as u32).to_le_bytes();
            seeds.push(with_kind(2, shard));
            seeds.push([&[3], &length[..], manifest, shard].concat());
        }
        seeds.extend(files.get("vocabulary.json").map(|file| with_kind(4, file)));
    }
    seeds
});

#[derive(Clone, Debug)]
enum Change {
    Set(u8),
    Flip(u8),
    Insert(Vec<u8>),
    Remove(usize),
    Repeat(usize),
    Cut,
}

fn change() -> impl Strategy<Value = Change> {
    let word = prop::sample::select(vec![
        "0",
        "-1",
        "1e400",
        "4294967296",
        "18446744073709551615",
        "null",
        "[",
        "{",
        "\"",
        "\\u0000",
        ",",
        "}",
        "]",
        "\"q4\"",
        "\"plain\"",
        "\"ohwi\"",
        "\"upscaler\":{},",
        "NaN",
        "\u{feff}",
    ]);
    prop_oneof![
        any::<u8>().prop_map(Change::Set),
        (0..8_u8).prop_map(Change::Flip),
        word.prop_map(|word| Change::Insert(word.into())),
        prop::collection::vec(any::<u8>(), 1..9).prop_map(Change::Insert),
        (1..40_usize).prop_map(Change::Remove),
        (1..200_usize).prop_map(Change::Repeat),
        Just(Change::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, at: prop::sample::Index, change: Change) {
    if bytes.is_empty() {
        return;
    }
    let at = at.index(bytes.len());
    let end = |length: usize| (at + length).min(bytes.len());
    match change {
        Change::Set(byte) => bytes[at] = byte,
        Change::Flip(bit) => bytes[at] ^= 1 << bit,
        Change::Insert(new) => drop(bytes.splice(at..at, new)),
        Change::Remove(length) => drop(bytes.drain(at..end(length))),
        Change::Repeat(length) => {
            let part = bytes[at..end(length)].to_vec();
            bytes.splice(at..at, part);
        }
        Change::Cut => bytes.truncate(at),
    }
}

#[test]
fn seeds_are_valid() {
    SEEDS.iter().for_each(|seed| fuzz_entry(seed));
    // `fuzz/run.sh` begins with them.
    if let Some(corpus) = std::env::var_os("IMAGE2_FUZZ_CORPUS") {
        for (i, seed) in SEEDS.iter().enumerate() {
            fs::write(Path::new(&corpus).join(format!("seed-{i}")), seed).expect("a folder");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12_000))]

    #[test]
    fn damaged_packages_never_panic(
        seed in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..5),
    ) {
        let mut bytes = seed.get(&SEEDS).clone();
        // The first byte keeps the kind.
        let mut rest = bytes.split_off(1);
        for (at, change) in changes {
            apply(&mut rest, at, change);
        }
        bytes.extend(rest);
        fuzz_entry(&bytes);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_entry(&bytes);
    }
}
