//! The entry point of both fuzzers: `fuzz/` with coverage, `tests/mutations.rs` on stable Rust.
//!
//! A digest would reject every mutation, so the code behind it is called directly: it must be safe
//! on any bytes, not only on verified ones.

use crate::header::{self, Header};
use crate::manifest::VERSION;
use crate::{Digest, Manifest, Shard, Vocabulary, text};

/// Reads `data` as a manifest, a header or a package. Must neither panic nor use memory out of
/// proportion.
///
/// The first byte chooses: 0 a manifest with its digest, 1 one whose digest is not compared,
/// 2 the start of a safetensors file, 3 a package: the manifest's length as a little-endian
/// `u32`, the manifest, and the bytes of one of its first shards, 4 a vocabulary.
pub fn fuzz_entry(data: &[u8]) {
    let Some((&kind, data)) = data.split_first() else {
        return;
    };
    match kind % 5 {
        0 => {
            let _ = Manifest::parse(data);
        }
        1 => {
            let _ = manifest(data);
        }
        2 => {
            let Some((first, rest)) = data.split_first_chunk() else {
                return;
            };
            let file_bytes = data.len() as u64;
            let Ok(length) = header::header_bytes("f", *first, file_bytes) else {
                return;
            };
            if let Ok(header) = Header::parse("f", &rest[..length as usize], file_bytes) {
                assert!(
                    header
                        .iter()
                        .all(|(_, e)| e.offset + e.size_bytes <= file_bytes)
                );
            }
        }
        3 => package(data),
        _ => drop(Vocabulary::parse("f", data)),
    }
}

fn manifest(data: &[u8]) -> Option<Manifest> {
    let manifest = text::parse_sealed(data, Digest::of(data)).ok()?;
    // An accepted manifest of the version that is written reads back the same.
    if manifest.version() == VERSION
        && let Ok(bytes) = manifest.to_bytes()
    {
        let again = Manifest::parse(&bytes).expect("a written manifest can be read");
        assert_eq!(
            (&again.about, &again.files),
            (&manifest.about, &manifest.files)
        );
        assert_eq!(again.tensors, manifest.tensors);
    }
    Some(manifest)
}

fn package(data: &[u8]) {
    let Some((length, data)) = data.split_first_chunk() else {
        return;
    };
    let Some((text, bytes)) = data.split_at_checked(u32::from_le_bytes(*length) as usize) else {
        return;
    };
    let Some(manifest) = manifest(text) else {
        return;
    };
    for file in manifest.shards().take(2) {
        let Ok(shard) = Shard::parse(&manifest, &file.name, bytes) else {
            continue;
        };
        for (component, name) in shard.names() {
            let tensor = shard.tensor(component, name);
            let tensor = tensor.expect("a checked shard has its tensors");
            let _ = tensor.check_finite();
            let _ = tensor.decode();
        }
    }
}
