//! Every kind of damage is found, with the name of the file.

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{bare, files_of, golden, write_package};
use image2_package::{Component, Manifest, Package, PackageError, PackageWriter, blocks, verify};
use proptest::prelude::*;

type Files = BTreeMap<String, Vec<u8>>;

/// Packages of every version.
fn packages() -> [Files; 2] {
    [1, 2].map(|version| files_of(&golden(version)))
}

/// Reads everything; returns the first error.
fn read_all(files: &Files) -> Result<(), PackageError> {
    let files: BTreeMap<&str, &[u8]> = files.iter().map(|(name, b)| (&name[..], &b[..])).collect();
    let package = Package::open(files)?;
    for file in &package.manifest().files {
        package.read_file(&file.name)?;
    }
    Component::ALL
        .into_iter()
        .try_for_each(|component| package.for_each_tensor(component, |_, _| Ok(())))
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
    for files in packages() {
        read_all(&files).expect("intact");
    }
}

#[test]
fn every_flipped_bit_is_found() {
    // The packages have under 6,000 bytes: all of their bits are tried.
    for mut files in packages() {
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
}

#[test]
fn every_truncation_is_found() {
    for files in packages() {
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
    assert_eq!(report.files, 3, "two shards and the vocabulary");
    assert_eq!(report.unlisted, ["extra.txt"]);
}

#[test]
fn verify_reads_the_vocabulary() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut writer = PackageWriter::create(dir.path()).expect("a folder");
    let twice = br#"{"subjects":["cat","cat"],"synonyms":{}}"#;
    writer.add_file("vocabulary.json", twice).expect("a file");
    let mut about = bare();
    about.knows = common::about().knows;
    writer.finish(about).expect("a package");
    let report = verify(dir.path()).expect("a manifest");
    let codes: Vec<&str> = report.faults.iter().map(PackageError::code).collect();
    assert_eq!(codes, ["package.vocabulary"]);
}

/// The manifest of a version with a part of its text replaced, and a digest to match.
fn changed(version: u64, from: &str, to: &str) -> Result<Manifest, PackageError> {
    let text = fs::read_to_string(golden(version).join("manifest.json")).expect("UTF-8");
    let at = text.rfind(",\"sha256\"").expect("a digest");
    assert!(text[..at].contains(from), "{from} in {text}");
    let body = text[..at].replacen(from, to, 1);
    let digest = image2_package::Digest::of(body.as_bytes());
    Manifest::parse(format!("{body},\"sha256\":\"{digest}\"}}\n").as_bytes())
}

/// Changes to a manifest of any version.
const CONTRADICTIONS: &[(&str, &str, &str)] = &[
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
    (
        "\"architecture\":\"",
        "\"architecture\":\"A/",
        "package.manifest",
    ),
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
        "\"format\":\"q4\",\"layout\":\"blocks\"",
        "\"format\":\"q4\",\"layout\":\"ohwi\"",
        "package.manifest",
    ),
    ("\"mask\":", "\"norm.bias\":", "package.manifest"),
    ("\"mask\":", "\"__mask\":", "package.manifest"),
];

#[test]
fn contradictions_in_a_manifest_are_refused() {
    for (from, to, code) in CONTRADICTIONS {
        for version in [1, 2] {
            let error = changed(version, from, to).expect_err(to);
            assert_eq!(error.code(), *code, "{version}: {from} -> {to}: {error}");
        }
    }
    let long = format!("\"depth\":[{}1", "1,".repeat(9000));
    let long = long.as_str();
    for (version, from, to, code) in [
        (1, "\"version\":1", "\"version\":3", "package.version"),
        (2, "\"version\":2", "\"version\":3", "package.version"),
        // A text of one version as one of the other.
        (1, "\"version\":1", "\"version\":2", "package.manifest"),
        (2, "\"version\":2", "\"version\":1", "package.manifest"),
        (1, "\"depth\":[1", long, "package.too_large"),
        (2, "\"depth\":[1", long, "package.too_large"),
        (
            2,
            "{\"width\":8}",
            &format!("[{}1]", "1,".repeat(9000)),
            "package.too_large",
        ),
        (1, "\"steps\":20", "\"steps\":0", "package.manifest"),
        (
            1,
            "\"steps\":20",
            "\"steps\":1,\"times\":[0,1]",
            "package.manifest",
        ),
        (
            1,
            "\"layout\":\"blocks\",\"file\":1",
            "\"layout\":\"blocks\",\"file\":0",
            "package.manifest",
        ),
        (
            1,
            "\"layout\":\"blocks\",\"file\":1",
            "\"layout\":\"blocks\",\"file\":9",
            "package.manifest",
        ),
        (
            2,
            "\"layout\":\"blocks\",\"file\":2",
            "\"layout\":\"blocks\",\"file\":0",
            "package.manifest",
        ),
        (
            2,
            "\"layout\":\"blocks\",\"file\":2",
            "\"layout\":\"blocks\",\"file\":9",
            "package.manifest",
        ),
    ] {
        let error = changed(version, from, to).expect_err(to);
        assert_eq!(error.code(), code, "{version}: {from} -> {to}: {error}");
    }
}

/// The argument that says what is wrong: the rule, or else the fault.
fn broken(error: &PackageError) -> String {
    let arguments = error.arguments();
    let found = ["rule", "fault"].map(|name| arguments.get(name).cloned());
    let text = found.into_iter().flatten().next().expect("a fault");
    text.as_str().expect("a name").to_owned()
}

#[test]
fn contradictions_between_components_are_refused() {
    for (from, to, what) in [
        (
            "\"upscaler\":{\"architecture\"",
            "\"enlarger\":{\"architecture\"",
            "json",
        ),
        (
            "\"text\":{\"tokenizer\"",
            "\"denoiser\":{\"tokenizer\"",
            "json",
        ),
        ("\"tokenizer\":{", "\"lexer\":{", "json"),
        ("\"scale\":4", "\"scale\":4,\"scale\":4", "json"),
        ("\"scale\":4", "\"scale\":1", "between"),
        ("\"scale\":4", "\"scale\":17", "between"),
        ("\"scale\":4", "\"scale\":\"4\"", "json"),
        ("\"passes\":3", "\"passes\":0", "between"),
        (",\"passes\":3", "", "json"),
        ("[0.0,1.0]}", "[1.0,1.0]}", "ascending"),
        ("\"multiple\":8", "\"multiple\":0", "between"),
        ("\"multiple\":8", "\"multiple\":7", "multiple"),
        ("\"side_min\":16", "\"side_min\":8,\"side_min\":16", "json"),
        ("\"side_min\":16", "\"side_min\":80", "multiple"),
        ("\"side_max\":96", "\"side_max\":8", "multiple"),
        ("\"height\":64", "\"height\":60", "multiple"),
        ("\"area_max\":5000", "\"area_max\":3071", "between"),
        ("\"area_max\":5000", "\"area_max\":9217", "between"),
        ("\"steps\":3", "\"steps\":4", "times"),
        ("[0.0,0.25,", "[0.1,0.25,", "times"),
        ("0.25,0.6,", "0.6,0.25,", "times"),
        (",0.6,1.0]", ",0.6,0.9]", "times"),
        (
            "\"looks\":[\"3d\",\"flat\"]",
            "\"looks\":[\"3d\",\"3d\"]",
            "repeated",
        ),
        ("\"colours\":[\"red\"", "\"colours\":[\"\"", "line"),
        (
            "\"vocabulary.json\",\"looks\"",
            "\"words.json\",\"looks\"",
            "unlisted",
        ),
        ("\"scenes\":false", "\"scenes\":0", "json"),
        ("\"masks\":true,", "", "json"),
        ("\"masks\":true,", "\"masks\":true,\"videos\":true,", "json"),
        ("\"upscaler\":{\n\"conv", "\"text\":{\n\"conv", "no_network"),
        ("\"upscaler\":{\n\"conv", "\"denoiser\":{\n\"conv", "json"),
        ("\"upscaler\":{\n\"conv", "\"decoder\":{\n\"conv", "json"),
        ("\"shape\":[3,5,3,2]", "\"shape\":[3,5,6]", "storage"),
    ] {
        let error = changed(2, from, to).expect_err(to);
        assert_eq!(error.code(), "package.manifest", "{from} -> {to}: {error}");
        assert_eq!(broken(&error), what, "{from} -> {to}: {error}");
    }
    // Version 1 had no such layout, whatever the shape.
    let mask = "\"mask\":{\"shape\":[3,2,1],\"format\":\"f32\",\"layout\":\"plain\"";
    let kernel = mask
        .replace("[3,2,1]", "[3,2,1,1]")
        .replace("plain", "ohwi");
    let error = changed(1, mask, &kernel).expect_err("a layout of version 2");
    assert_eq!(broken(&error), "storage");
    // Components are optional, and so is what the model knows: their absence is no fault here.
    let text = fs::read_to_string(golden(2).join("manifest.json")).expect("UTF-8");
    let start = text.find(",\n\"knows\"").expect("knows");
    let end = text.find(",\n\"files\"").expect("files");
    let without = changed(2, &text[start..end], "").expect("a manifest");
    assert_eq!(without.about.knows, None);
}

#[test]
fn a_shard_must_match_the_manifest() {
    // The digests match: a mistake of the writer, or malice.
    let [first, second] = ["weights-00000.safetensors", "weights-00001.safetensors"];
    for (version, file, from, to, code) in [
        (1, first, "[7,33]", "[6,33]", "package.shape"),
        (2, first, "[7,33]", "[6,33]", "package.shape"),
        (2, first, "\"q8\"", "\"f16\"", "package.shape"),
        (2, first, "\"mask\":", "\"musk\":", "package.missing_tensor"),
        // A tensor of another component, and one in another component's shard.
        (
            2,
            second,
            "\"conv.weight\"",
            "\"conv.height\"",
            "package.missing_tensor",
        ),
        (
            2,
            first,
            "\"layout\":\"ohwi\",\"file\":3",
            "\"layout\":\"ohwi\",\"file\":2",
            "package.missing_tensor",
        ),
        (
            2,
            second,
            "\"layout\":\"ohwi\",\"file\":3",
            "\"layout\":\"ohwi\",\"file\":2",
            "package.header",
        ),
    ] {
        let shard = &files_of(&golden(version))[file];
        let error = changed(version, from, to)
            .and_then(|manifest| image2_package::Shard::parse(&manifest, file, shard).map(drop));
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
