//! The fuzz entry on stable Rust: thousands of damaged packages, none of which may panic.

mod common;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use common::write_package;
use image2_package::fuzzing::fuzz_entry;
use proptest::prelude::*;

/// Valid inputs of every kind that the fuzz entry knows.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder");
    write_package(dir.path());
    let manifest = fs::read(dir.path().join("manifest.json")).expect("a manifest");
    let shard = fs::read(dir.path().join("weights-00000.safetensors")).expect("a shard");
    let length = (manifest.len() as u32).to_le_bytes();
    let package = [&[3], &length[..], &manifest, &shard].concat();
    let with_kind = |kind: u8, bytes: &[u8]| [&[kind], bytes].concat();
    vec![
        with_kind(0, &manifest),
        with_kind(1, &manifest),
        with_kind(2, &shard),
        package,
    ]
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
    #![proptest_config(ProptestConfig::with_cases(6000))]

    #[test]
    fn damaged_packages_never_panic(
        seed in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..5),
    ) {
        let mut bytes = SEEDS[seed].clone();
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
