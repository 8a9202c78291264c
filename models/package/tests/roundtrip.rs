//! Written packages read back: new ones, re-quantized ones, and files of other programs.

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{MATRICES, about, f32_bytes, numbers, safetensors, shape, write_package};
use half::{bf16, f16};
use image2_package::{
    Choice, Format, Layout, Manifest, Package, PackageError, PackageWriter, Plan, SafetensorsFile,
    blocks, quantize, verify,
};

#[test]
fn a_written_package_reads_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let manifest = write_package(dir.path());
    let package = Package::open_dir(dir.path()).expect("a package");
    assert_eq!(package.manifest(), &manifest);
    assert_eq!(package.manifest().about, about());
    assert_eq!(
        package.read_file("NOTICES.txt").expect("notices"),
        b"Copyright the authors"
    );
    let shard = package.shard("weights-00000.safetensors").expect("a shard");
    assert_eq!(shard.names().count(), MATRICES.len() + 2);
    for (name, format, rows, cols) in MATRICES {
        let tensor = shard.tensor(name).expect(name);
        let blocks = blocks::encode(&numbers(rows * cols), rows, cols, format).expect("finite");
        assert_eq!((tensor.format, tensor.layout), (format, Layout::Blocks));
        assert_eq!(tensor.values, blocks.values);
        assert_eq!(tensor.decode(), blocks.decode());
    }
    assert_eq!(shard.tensor("mask").expect("mask").decode(), numbers(6));
    let missing = shard.tensor("nothing").expect_err("no such tensor");
    assert_eq!(missing.code(), "package.missing_tensor");
    let report = verify(dir.path()).expect("a manifest");
    assert!(report.is_sound() && report.unlisted.is_empty());
    assert_eq!(
        (report.files, report.size_bytes),
        (3, manifest.size_bytes())
    );
}

#[test]
fn embedded_packages_read_the_same() {
    let dir = tempfile::tempdir().expect("a folder");
    let manifest = write_package(dir.path());
    let read = |name: &str| fs::read(dir.path().join(name)).expect("a file");
    let bytes: Vec<(&str, Vec<u8>)> = (manifest.files.iter().map(|file| file.name.as_str()))
        .chain(["manifest.json"])
        .map(|name| (name, read(name)))
        .collect();
    let files: BTreeMap<&str, &[u8]> = bytes.iter().map(|(name, b)| (*name, &b[..])).collect();
    let mut tensors = 0;
    let package = Package::open(files).expect("a package");
    package
        .for_each_tensor(|_, _| {
            tensors += 1;
            Ok::<_, PackageError>(())
        })
        .expect("intact");
    assert_eq!(tensors, manifest.tensors.len());
}

#[test]
fn shards_are_readable_by_the_rules_of_safetensors() {
    // Independent of this crate's parser: lengths, alignment, tiling.
    let dir = tempfile::tempdir().expect("a folder");
    write_package(dir.path());
    let bytes = fs::read(dir.path().join("weights-00000.safetensors")).expect("a shard");
    let length = u64::from_le_bytes(*bytes.first_chunk().expect("a length")) as usize;
    assert!(length.is_multiple_of(8));
    let header: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&bytes[8..8 + length]).expect("JSON");
    let mut spans: Vec<[u64; 2]> = header
        .values()
        .map(|e| serde_json::from_value(e["data_offsets"].clone()).expect("offsets"))
        .collect();
    spans.sort_unstable();
    assert!(spans.windows(2).all(|pair| pair[0][1] == pair[1][0]));
    assert_eq!(
        spans.last().map(|last| last[1] as usize),
        Some(bytes.len() - 8 - length)
    );
    let q4 = &header["blocks.0.q4.weight"];
    assert_eq!(
        (&q4["dtype"], &q4["shape"]),
        (&"U8".into(), &serde_json::json!([2, 7, 16]))
    );
    let scales = &header["blocks.0.q4.weight.scales"];
    assert_eq!(
        (&scales["dtype"], &scales["shape"]),
        (&"F16".into(), &serde_json::json!([2, 7]))
    );
}

#[test]
fn shards_stay_within_their_size() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut writer = PackageWriter::create(dir.path()).expect("a folder");
    writer.add_file("tokenizer.json", b"{}").expect("a file");
    writer.add_file("NOTICES.txt", b"").expect("an empty file");
    // 12 MiB each: two fit a shard, three do not. The last is larger than a shard.
    let table = vec![0.25; 3 << 20];
    for i in 0..3 {
        writer
            .add_plain(&format!("t{i}"), shape(&[3 << 20]), &table, Format::F32)
            .expect("a table");
    }
    writer
        .add_plain("huge", shape(&[9 << 20]), &vec![0.5; 9 << 20], Format::F32)
        .expect("a table");
    let manifest = writer.finish(about()).expect("a package");
    let sizes: Vec<u64> = manifest
        .shards()
        .map(|file| file.size_bytes >> 20)
        .collect();
    assert_eq!(sizes, [24, 12, 36]);
    assert!(verify(dir.path()).expect("a manifest").is_sound());
}

#[test]
fn checkpoints_are_quantized_by_the_plan() {
    let dir = tempfile::tempdir().expect("a folder");
    let weights = numbers(80 * 64);
    let half = |x: &f32| f16::from_f32(*x).to_le_bytes();
    let brain = |x: &f32| bf16::from_f32(*x).to_le_bytes();
    let file = safetensors(&[
        ("a.weight", "F32", &[80, 64], f32_bytes(&weights)),
        (
            "b.weight",
            "F16",
            &[80, 64],
            weights.iter().flat_map(half).collect(),
        ),
        (
            "c.weight",
            "BF16",
            &[80, 8, 8],
            weights.iter().flat_map(brain).collect(),
        ),
        ("final_layer.weight", "F32", &[2, 3], f32_bytes(&numbers(6))),
        ("a.bias", "F32", &[3], f32_bytes(&[1.0, 2.0, 3.0])),
        ("scalar", "F32", &[], f32_bytes(&[4.5])),
        ("position_ids", "I64", &[1], vec![0; 8]),
        ("teacher.weight", "F32", &[1], f32_bytes(&[0.0])),
    ]);
    let path = dir.path().join("model.safetensors");
    fs::write(&path, file).expect("a checkpoint");
    let out = dir.path().join("package");
    let plan = Plan::default().with("teacher.", Choice::Skip);
    let mut source = SafetensorsFile::open(&path).expect("a header");
    let done = write_quantized(&mut source, &plan, &out);
    assert_eq!(done.tensors, 6);
    assert_eq!(done.skipped, ["position_ids", "teacher.weight"]);

    let package = Package::open_dir(&out).expect("a package");
    let shard = package.shard("weights-00000.safetensors").expect("a shard");
    let stored = |name| shard.tensor(name).expect(name);
    let rounded =
        |round: fn(f32) -> f32| -> Vec<f32> { weights.iter().map(|&x| round(x)).collect() };
    for (name, exact) in [
        ("a.weight", weights.clone()),
        ("b.weight", rounded(|x| f16::from_f32(x).to_f32())),
        ("c.weight", rounded(|x| bf16::from_f32(x).to_f32())),
    ] {
        // Streamed block by block, the bytes are those of the whole matrix at once.
        let whole = blocks::encode(&exact, 80, 64, Format::Q4).expect("finite");
        assert_eq!(stored(name).values, whole.values, "{name}");
        assert_eq!(
            stored(name).scales,
            Some(&whole.scale_bytes()[..]),
            "{name}"
        );
    }
    assert_eq!(stored("final_layer.weight").format, Format::Q8);
    assert_eq!(stored("a.bias").decode(), [1.0, 2.0, 3.0]);
    assert_eq!(stored("scalar").decode(), [4.5]);
    assert_eq!(stored("scalar").shape, shape(&[1]));

    // From package to package: what has its format already is copied, the rest widened first.
    let again = dir.path().join("again");
    let plan = Plan::uniform(Format::Q4).with("b.", Choice::Blocks(Format::F32));
    let mut source = Package::open_dir(&out).expect("a package");
    assert_eq!(write_quantized(&mut source, &plan, &again).tensors, 6);
    let second = Package::open_dir(&again).expect("a package");
    let second = second.shard("weights-00000.safetensors").expect("a shard");
    let tensor = |name| second.tensor(name).expect(name);
    assert_eq!(tensor("a.weight").values, stored("a.weight").values);
    assert_eq!(tensor("b.weight").decode(), stored("b.weight").decode());
    assert_eq!(tensor("b.weight").format, Format::F32);
    assert_eq!(tensor("final_layer.weight").format, Format::Q4);
}

fn write_quantized(
    source: &mut dyn image2_package::TensorSource,
    plan: &Plan,
    out: &std::path::Path,
) -> image2_package::Quantized {
    let mut writer = PackageWriter::create(out).expect("a folder");
    writer.add_file("tokenizer.json", b"{}").expect("a file");
    writer.add_file("NOTICES.txt", b"none").expect("a file");
    let done = quantize(source, plan, &mut writer).expect("quantized");
    writer.finish(about()).expect("a package");
    done
}

#[test]
fn weights_that_are_not_finite_stop_the_package() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut weights = numbers(80 * 64);
    weights[64 * 2 + 40] = f32::NAN;
    let path = dir.path().join("model.safetensors");
    fs::write(
        &path,
        safetensors(&[("a.weight", "F32", &[80, 64], f32_bytes(&weights))]),
    )
    .expect("a checkpoint");
    let out = dir.path().join("package");
    let mut writer = PackageWriter::create(&out).expect("a folder");
    let mut source = SafetensorsFile::open(&path).expect("a header");
    let error = quantize(&mut source, &Plan::default(), &mut writer).expect_err("NaN");
    assert!(
        matches!(error, PackageError::NotFinite { row: 2, col: 40, ref tensor } if tensor == "a.weight")
    );
    // A caller that ignores the error gets no package.
    writer.add_file("tokenizer.json", b"{}").expect("a file");
    writer.add_file("NOTICES.txt", b"none").expect("a file");
    assert!(writer.finish(about()).is_err());
    assert!(!out.join("manifest.json").exists());
}

#[test]
fn an_interrupted_write_leaves_no_package() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut writer = PackageWriter::create(dir.path()).expect("a folder");
    writer
        .add_plain("t", shape(&[3]), &[1.0, 2.0, 3.0], Format::F32)
        .expect("a vector");
    drop(writer);
    let error = Package::open_dir(dir.path()).expect_err("no manifest");
    assert_eq!(error.code(), "package.missing_file");
    // The folder can be written again, but not over a package.
    write_package(dir.path());
    assert!(verify(dir.path()).expect("a manifest").is_sound());
    assert_eq!(
        PackageWriter::create(dir.path())
            .expect_err("complete")
            .code(),
        "package.io"
    );
}

#[test]
fn a_manifest_is_spelled_one_way() {
    let dir = tempfile::tempdir().expect("a folder");
    let manifest = write_package(dir.path());
    let bytes = fs::read(dir.path().join("manifest.json")).expect("a manifest");
    assert_eq!(manifest.to_bytes().expect("bytes"), bytes);
    assert_eq!(
        Manifest::parse(&bytes).expect("a manifest").digest(),
        manifest.digest()
    );
    let text = String::from_utf8(bytes).expect("UTF-8");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["sha256"], manifest.digest().to_string());
}

#[test]
fn a_config_keeps_its_numbers_to_the_last_bit() {
    // Found by the fuzzer: serde_json's fast path reads the second one digit off.
    let mut about = about();
    about.config = serde_json::json!([0.1, 2.333_333_333_333_333_8e48, u64::MAX, 1e-6]);
    about.notices = None;
    about.tokenizer.file = "t".into();
    let dir = tempfile::tempdir().expect("a folder");
    let mut writer = PackageWriter::create(dir.path()).expect("a folder");
    writer.add_file("t", b"").expect("a file");
    let manifest = writer.finish(about).expect("a package");
    let bytes = manifest.to_bytes().expect("bytes");
    assert_eq!(Manifest::parse(&bytes).expect("a manifest"), manifest);
}
