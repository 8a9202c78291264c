//! Every kind of damage is found, with the name of the file.

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::write_package;
use image2_package::{Manifest, Package, PackageError, blocks, verify};
use proptest::prelude::*;

type Files = BTreeMap<String, Vec<u8>>;

fn files() -> Files {
    let dir = tempfile::tempdir().expect("a folder");
    write_package(dir.path());
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        (name, fs::read(path).expect("a file"))
    };
    dir.path().read_dir().expect("a folder").map(read).collect()
}

/// Reads everything; returns the first error.
fn read_all(files: &Files) -> Result<(), PackageError> {
    let files: BTreeMap<&str, &[u8]> = files.iter().map(|(name, b)| (&name[..], &b[..])).collect();
    let package = Package::open(files)?;
    for file in &package.manifest().files {
        package.read_file(&file.name)?;
    }
    package.for_each_tensor(|_, _| Ok(()))
}

/// The name of the file that the fault is about.
fn file_of(error: &PackageError) -> &str {
    match error {
        PackageError::Tampered { file, .. }
        | PackageError::Truncated { file, .. }
        | PackageError::MissingFile { file } => file,
        PackageError::Manifest { .. } | PackageError::Version { .. } => "manifest.json",
        other => panic!("{other} names no file"),
    }
}

#[test]
fn intact_files_pass() {
    read_all(&files()).expect("intact");
}

#[test]
fn every_flipped_bit_is_found() {
    // The package has about 6,000 bytes: all of its bits are tried.
    let mut files = files();
    let names: Vec<String> = files.keys().cloned().collect();
    for name in names {
        for at in 0..files[&name].len() {
            for bit in 0..8 {
                files.get_mut(&name).expect("listed")[at] ^= 1 << bit;
                let error = read_all(&files).expect_err("damaged");
                assert_eq!(file_of(&error), name, "bit {bit} of byte {at}: {error}");
                files.get_mut(&name).expect("listed")[at] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn every_truncation_is_found() {
    let files = files();
    for (name, bytes) in &files {
        for length in 0..bytes.len() {
            let mut cut = files.clone();
            cut.get_mut(name).expect("listed").truncate(length);
            let error = read_all(&cut).expect_err("cut short");
            assert_eq!(file_of(&error), name, "{length} bytes: {error}");
            if name != "manifest.json" {
                assert_eq!(error.code(), "package.truncated");
            }
        }
        let mut gone = files.clone();
        gone.remove(name);
        let error = read_all(&gone).expect_err("gone");
        assert_eq!(
            (file_of(&error), error.code()),
            (&name[..], "package.missing_file")
        );
        let mut longer = files.clone();
        longer.get_mut(name).expect("listed").push(0);
        assert_eq!(file_of(&read_all(&longer).expect_err("too long")), name);
    }
}

#[test]
fn verify_reports_every_faulty_file() {
    let dir = tempfile::tempdir().expect("a folder");
    write_package(dir.path());
    fs::write(dir.path().join("tokenizer.json"), "{}").expect("written");
    fs::remove_file(dir.path().join("NOTICES.txt")).expect("removed");
    fs::write(dir.path().join("extra.txt"), "x").expect("written");
    let report = verify(dir.path()).expect("a manifest");
    assert!(!report.is_sound());
    let codes: Vec<_> = report
        .faults
        .iter()
        .map(|fault| (file_of(fault), fault.code()))
        .collect();
    assert_eq!(
        codes,
        [
            ("tokenizer.json", "package.truncated"),
            ("NOTICES.txt", "package.missing_file")
        ]
    );
    assert_eq!(report.files, 1);
    assert_eq!(report.unlisted, ["extra.txt"]);
}

/// The manifest with a part of its text replaced, and a digest to match.
fn changed(from: &str, to: &str) -> Result<Manifest, PackageError> {
    let text = String::from_utf8(files()["manifest.json"].clone()).expect("UTF-8");
    let at = text.rfind(",\"sha256\"").expect("a digest");
    assert!(text[..at].contains(from), "{from} in {text}");
    let body = text[..at].replacen(from, to, 1);
    let digest = image2_package::Digest::of(body.as_bytes());
    Manifest::parse(format!("{body},\"sha256\":\"{digest}\"}}\n").as_bytes())
}

#[test]
fn contradictions_in_a_manifest_are_refused() {
    for (from, to, code) in [
        ("\"version\":1", "\"version\":2", "package.version"),
        ("image2-package", "image3-package", "package.manifest"),
        (
            "\"name\":\"test-model\"",
            "\"name\":\"../test\"",
            "package.manifest",
        ),
        (
            "\"title\":\"Test",
            "\"title\":\"\\u0000Test",
            "package.manifest",
        ),
        ("\"steps\":20", "\"steps\":0", "package.manifest"),
        ("\"guidance\":3.0", "\"guidance\":1e39", "package.manifest"),
        ("[0.1,1.0]", "[0.9,0.1]", "package.manifest"),
        (
            "\"noise_scale\":1.5",
            "\"noise_scale\":-1",
            "package.manifest",
        ),
        ("[-1.0,1.0]", "[1.0,-1.0]", "package.manifest"),
        ("\"heun\"", "\"magic\"", "package.manifest"),
        ("\"rgba\"", "\"cmyk\"", "package.manifest"),
        ("\"length\":24", "\"length\":100000", "package.manifest"),
        (
            "\"file\":\"tokenizer.json\"",
            "\"file\":\"other.json\"",
            "package.manifest",
        ),
        ("\"notices\":", "\"notice\":", "package.manifest"),
        (
            "\"notices\":",
            "\"name\":\"twice\",\"notices\":",
            "package.manifest",
        ),
        (
            "{\"name\":\"tokenizer.json\"",
            "{\"name\":\"a/../b\"",
            "package.manifest",
        ),
        (
            "{\"name\":\"tokenizer.json\"",
            "{\"name\":\".hidden\"",
            "package.manifest",
        ),
        (
            "{\"name\":\"tokenizer.json\"",
            "{\"name\":\"Manifest.json\"",
            "package.manifest",
        ),
        (
            "{\"name\":\"tokenizer.json\"",
            "{\"name\":\"notices.TXT\"",
            "package.manifest",
        ),
        (
            "\"size_bytes\":19",
            "\"size_bytes\":1048577",
            "package.manifest",
        ),
        (
            "\"size_bytes\":19",
            "\"size_bytes\":9999999999",
            "package.too_large",
        ),
        (
            "\"chunk_bytes\":1048576",
            "\"chunk_bytes\":0",
            "package.manifest",
        ),
        (
            "\"chunk_bytes\":1048576",
            "\"chunk_bytes\":99999999",
            "package.manifest",
        ),
        ("\"chunks\":[\"", "\"chunks\":[\"0", "package.manifest"),
        ("\"shape\":[7,33]", "\"shape\":[7]", "package.manifest"),
        ("\"shape\":[7,33]", "\"shape\":[7,0]", "package.manifest"),
        (
            "\"shape\":[7,33]",
            "\"shape\":[1,1,1,7,33]",
            "package.manifest",
        ),
        (
            "\"shape\":[7,33]",
            "\"shape\":[16777216,16777216]",
            "package.manifest",
        ),
        (
            "\"shape\":[7,33]",
            "\"shape\":[7000,33]",
            "package.manifest",
        ),
        (
            "\"format\":\"q4\",\"layout\":\"blocks\"",
            "\"format\":\"q4\",\"layout\":\"plain\"",
            "package.manifest",
        ),
        (
            "\"layout\":\"blocks\",\"file\":1",
            "\"layout\":\"blocks\",\"file\":0",
            "package.manifest",
        ),
        (
            "\"layout\":\"blocks\",\"file\":1",
            "\"layout\":\"blocks\",\"file\":9",
            "package.manifest",
        ),
        ("\"mask\":", "\"norm.bias\":", "package.manifest"),
        ("\"mask\":", "\"__mask\":", "package.manifest"),
        (
            "\"depth\":[1,2]",
            &format!("\"depth\":[{}1]", "1,".repeat(9000)),
            "package.too_large",
        ),
    ] {
        let error = changed(from, to).expect_err(to);
        assert_eq!(error.code(), code, "{from} -> {to}: {error}");
    }
}

#[test]
fn a_shard_must_match_the_manifest() {
    // The digests match: a mistake of the writer, or malice.
    let files = files();
    let shard = &files["weights-00000.safetensors"];
    for (from, to, code) in [
        ("[7,33]", "[6,33]", "package.shape"),
        ("\"q8\"", "\"f16\"", "package.shape"),
        ("\"mask\":", "\"musk\":", "package.missing_tensor"),
    ] {
        let error = changed(from, to).and_then(|manifest| {
            image2_package::Shard::parse(&manifest, "weights-00000.safetensors", shard).map(drop)
        });
        assert_eq!(error.expect_err(to).code(), code, "{to}");
    }
}

proptest! {
    #[test]
    fn blocks_of_any_bytes_decode(bytes in prop::collection::vec(any::<u8>(), 16), scale in any::<u16>()) {
        let scales = scale.to_le_bytes();
        blocks::decode(blocks::Format::Q4, 1, 30, &bytes, &scales);
    }
}
