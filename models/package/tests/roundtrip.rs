//! Written packages read back: new ones, re-quantized ones, and files of other programs.

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{
    KERNEL, MATRICES, about, bare, f32_bytes, files_of, golden, numbers, ohwi, safetensors, shape,
    write_package,
};
use half::{bf16, f16};
use image2_package::Component::{self, Denoiser, Upscaler};
use image2_package::{
    Choice, ComponentOf, Folder, Format, Layout, Manifest, Package, PackageError, PackageWriter,
    Plan, SafetensorsFile, TensorBytes, blocks, quantize, verify,
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
        let tensor = shard.tensor(Denoiser, name).expect(name);
        let blocks = blocks::encode(&numbers(rows * cols), rows, cols, format).expect("finite");
        assert_eq!((tensor.format, tensor.layout), (format, Layout::Blocks));
        assert_eq!(tensor.values, blocks.values);
        assert_eq!(tensor.decode(), blocks.decode());
    }
    let mask = shard.tensor(Denoiser, "mask").expect("mask");
    assert_eq!(mask.decode(), numbers(6));
    for (component, name) in [(Denoiser, "nothing"), (Upscaler, "mask")] {
        let missing = shard.tensor(component, name).expect_err("no such tensor");
        assert_eq!(missing.code(), "package.missing_tensor");
    }
    // Each component has shards of its own, and may use the names of another.
    let shard = package.shard("weights-00001.safetensors").expect("a shard");
    assert!(shard.names().all(|(component, _)| component == Upscaler));
    let bias = shard.tensor(Upscaler, "norm.bias").expect("a vector");
    assert_eq!(bias.shape, shape(&[3]));
    let vocabulary = package.vocabulary().expect("intact").expect("listed");
    assert_eq!(vocabulary.synonyms["kitty"], "cat");
    let report = verify(dir.path()).expect("a manifest");
    assert!(report.is_sound() && report.unlisted.is_empty());
    assert_eq!(
        (report.files, report.size_bytes),
        (5, manifest.size_bytes())
    );
}

#[test]
fn a_convolution_is_stored_tap_by_tap_and_decoded_as_the_checkpoint_has_it() {
    let dir = tempfile::tempdir().expect("a folder");
    write_package(dir.path());
    let package = Package::open_dir(dir.path()).expect("a package");
    let shard = package.shard("weights-00001.safetensors").expect("a shard");
    let tensor = shard
        .tensor(Upscaler, "conv.weight")
        .expect("a convolution");
    let [out, inputs, height, width] = KERNEL;
    let columns = inputs * height * width;
    let exact = numbers(out * columns);
    let stored = blocks::encode(&ohwi(&exact), out, columns, Format::Q8).expect("finite");
    assert_eq!(
        (tensor.layout, tensor.values),
        (Layout::Ohwi, &stored.values[..])
    );
    // In the checkpoint's order, each number within half a step of its scale.
    let decoded = tensor.decode();
    assert!(
        decoded
            .iter()
            .zip(&exact)
            .all(|(a, b)| (a - b).abs() < 0.5 / 127.0 + 1e-4)
    );
    let mut row = vec![0.0; columns];
    tensor.decode_rows(1, &mut row);
    assert_eq!(row, decoded[columns..2 * columns]);
}

/// Readers of the future must read what was published; writers must not drift unnoticed.
#[test]
fn golden_packages_read_the_same_for_ever() {
    let dir = tempfile::tempdir().expect("a folder");
    write_package(dir.path());
    if std::env::var_os("IMAGE2_GOLDEN").is_some() {
        fs::create_dir_all(golden(2)).expect("a folder");
        for (name, bytes) in files_of(dir.path()) {
            fs::write(golden(2).join(name), bytes).expect("a file");
        }
    }
    assert!(
        files_of(dir.path()) == files_of(&golden(2)),
        "the writer changed"
    );

    let [old, new] = [1, 2].map(|version| Package::open_dir(golden(version)).expect("a package"));
    assert_eq!(
        [&old, &new].map(|package| package.manifest().version()),
        [1, 2]
    );
    assert_eq!(new.manifest().about, about());
    // Version 1 has a denoiser and its tokenizer, and says less about them.
    let mut said = about();
    (said.components.upscaler, said.knows) = (None, None);
    let denoiser = said.components.denoiser.as_mut().expect("a denoiser");
    denoiser.sizes = None;
    (denoiser.sampler.steps, denoiser.sampler.times) = (20, None);
    assert_eq!(old.manifest().about, said);
    assert_eq!(old.vocabulary().expect("none"), None);
    let digest = "1bb72779b760e275512f78bd633d4c53bf486e7d619f4e0c67b0747c37abd58f";
    assert_eq!(old.manifest().digest().to_string(), digest);
    let tensors = |package: &Package<Folder>| {
        let mut all = BTreeMap::new();
        let visit = |name: &str, tensor: TensorBytes<'_>| {
            all.insert(name.to_owned(), tensor.decode());
            Ok::<_, PackageError>(())
        };
        package.for_each_tensor(Denoiser, visit).expect("intact");
        all
    };
    assert_eq!(tensors(&old).len(), MATRICES.len() + 2);
    assert_eq!(tensors(&old), tensors(&new));
    for package in [old, new] {
        assert!(
            verify(golden(package.manifest().version()))
                .expect("a manifest")
                .is_sound()
        );
    }
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
    for component in Component::ALL {
        let read = package.for_each_tensor(component, |_, _| {
            tensors += 1;
            Ok::<_, PackageError>(())
        });
        read.expect("intact");
    }
    assert_eq!(tensors, manifest.tensors.iter().count());
    assert_eq!(tensors, MATRICES.len() + 4);
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
    let q4 = &header["denoiser.blocks.0.q4.weight"];
    assert_eq!(
        (&q4["dtype"], &q4["shape"]),
        (&"U8".into(), &serde_json::json!([2, 7, 16]))
    );
    let scales = &header["denoiser.blocks.0.q4.weight.scales"];
    assert_eq!(
        (&scales["dtype"], &scales["shape"]),
        (&"F16".into(), &serde_json::json!([2, 7]))
    );
}

#[test]
fn shards_stay_within_their_size() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut writer = PackageWriter::create(dir.path()).expect("a folder");
    writer.add_file("NOTICES.txt", b"").expect("an empty file");
    // 12 MiB each: two fit a shard, three do not. The last is larger than a shard.
    let table = vec![0.25; 3 << 20];
    for i in 0..3 {
        writer
            .add_plain(
                Denoiser,
                &format!("t{i}"),
                shape(&[3 << 20]),
                &table,
                Format::F32,
            )
            .expect("a table");
    }
    writer
        .add_plain(
            Denoiser,
            "huge",
            shape(&[9 << 20]),
            &vec![0.5; 9 << 20],
            Format::F32,
        )
        .expect("a table");
    let mut about = bare();
    about.notices = Some("NOTICES.txt".into());
    let manifest = writer.finish(about).expect("a package");
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
    let stored = |name| shard.tensor(Denoiser, name).expect(name);
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
    let mut source = ComponentOf {
        package: &package,
        component: Denoiser,
    };
    assert_eq!(write_quantized(&mut source, &plan, &again).tensors, 6);
    let second = Package::open_dir(&again).expect("a package");
    let second = second.shard("weights-00000.safetensors").expect("a shard");
    let tensor = |name| second.tensor(Denoiser, name).expect(name);
    assert_eq!(tensor("a.weight").values, stored("a.weight").values);
    assert_eq!(tensor("b.weight").decode(), stored("b.weight").decode());
    assert_eq!(tensor("b.weight").format, Format::F32);
    assert_eq!(tensor("final_layer.weight").format, Format::Q4);
}

#[test]
fn kernels_change_their_layout_only_by_the_plan() {
    let dir = tempfile::tempdir().expect("a folder");
    let exact = numbers(KERNEL.iter().product());
    let file = safetensors(&[
        ("conv.weight", "F32", &KERNEL, f32_bytes(&exact)),
        ("norm.bias", "F32", &[3], f32_bytes(&numbers(3))),
    ]);
    let path = dir.path().join("model.safetensors");
    fs::write(&path, file).expect("a checkpoint");
    let layout = |plan: &Plan| plan.choose("conv.weight", &shape(&KERNEL));
    let sliding = |format| Plan {
        kernels: Layout::Ohwi,
        ..Plan::uniform(format)
    };
    let patches = Plan::uniform(Format::F32);
    assert_eq!(layout(&patches), Some((Format::F32, Layout::Blocks)));
    assert_eq!(
        layout(&sliding(Format::Q8)),
        Some((Format::Q8, Layout::Ohwi))
    );

    // From the checkpoint, then from package to package: to the other order and back, and as it is.
    let from = |number: usize, plan: &Plan| {
        let out = dir.path().join(number.to_string());
        let done = match number {
            0 => write_quantized(
                &mut SafetensorsFile::open(&path).expect("a header"),
                plan,
                &out,
            ),
            _ => {
                let package = Package::open_dir(dir.path().join((number - 1).to_string()));
                let package = &package.expect("a package");
                let component = Denoiser;
                write_quantized(&mut ComponentOf { package, component }, plan, &out)
            }
        };
        assert_eq!(done.tensors, 2);
        let package = Package::open_dir(&out).expect("a package");
        let shard = package.shard("weights-00000.safetensors").expect("a shard");
        let tensor = shard
            .tensor(Denoiser, "conv.weight")
            .expect("a convolution");
        let plan = Plan::as_stored(&package.manifest().tensors[Denoiser]);
        (tensor.layout, tensor.values.to_vec(), tensor.decode(), plan)
    };
    let (layout, values, decoded, _) = from(0, &sliding(Format::F32));
    let [out, columns] = [KERNEL[0], KERNEL[1..].iter().product()];
    let whole = blocks::encode(&ohwi(&exact), out, columns, Format::F32).expect("finite");
    assert_eq!(
        (layout, &values, &decoded),
        (Layout::Ohwi, &whole.values, &exact)
    );
    let (layout, flat, decoded, _) = from(1, &patches);
    let whole = blocks::encode(&exact, out, columns, Format::F32).expect("finite");
    assert_eq!(
        (layout, &flat, &decoded),
        (Layout::Blocks, &whole.values, &exact)
    );
    assert_eq!(from(2, &sliding(Format::F32)).1, values);
    let (layout, eighth, _, plan) = from(3, &sliding(Format::Q8));
    let whole = blocks::encode(&ohwi(&exact), out, columns, Format::Q8).expect("finite");
    assert_eq!((layout, &eighth), (Layout::Ohwi, &whole.values));
    assert_eq!(from(4, &plan).1, eighth);
}

fn write_quantized(
    source: &mut dyn image2_package::TensorSource,
    plan: &Plan,
    out: &std::path::Path,
) -> image2_package::Quantized {
    let mut writer = PackageWriter::create(out).expect("a folder");
    let done = quantize(source, Denoiser, plan, &mut writer).expect("quantized");
    writer.finish(bare()).expect("a package");
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
    let plan = Plan::default();
    let error = quantize(&mut source, Denoiser, &plan, &mut writer).expect_err("NaN");
    assert!(
        matches!(error, PackageError::NotFinite { row: 2, col: 40, ref tensor } if tensor == "denoiser.a.weight")
    );
    // A caller that ignores the error gets no package.
    assert!(writer.finish(bare()).is_err());
    assert!(!out.join("manifest.json").exists());
}

#[test]
fn an_interrupted_write_leaves_no_package() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut writer = PackageWriter::create(dir.path()).expect("a folder");
    writer
        .add_plain(Denoiser, "t", shape(&[3]), &[1.0, 2.0, 3.0], Format::F32)
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
    assert_eq!(Manifest::parse(&bytes).expect("a manifest"), manifest);
    let text = String::from_utf8(bytes).expect("UTF-8");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["sha256"], manifest.digest().to_string());
}

#[test]
fn a_config_keeps_its_numbers_to_the_last_bit() {
    // Found by the fuzzer: serde_json's fast path reads the second one digit off.
    let mut about = bare();
    let denoiser = about.components.denoiser.as_mut().expect("a denoiser");
    denoiser.config = serde_json::json!([0.1, 2.333_333_333_333_333_8e48, u64::MAX, 1e-6]);
    denoiser.sampler.times = Some(vec![0.0, 0.1, 2.0 / 3.0, 1.0]);
    let dir = tempfile::tempdir().expect("a folder");
    let writer = PackageWriter::create(dir.path()).expect("a folder");
    let manifest = writer.finish(about).expect("a package");
    let bytes = fs::read(dir.path().join("manifest.json")).expect("a manifest");
    assert_eq!(Manifest::parse(&bytes).expect("a manifest"), manifest);
}
