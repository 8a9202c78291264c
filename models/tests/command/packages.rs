//! `image2 models`: packages are listed, inspected, verified and created. A failed run leaves
//! nothing behind, so it can be repeated.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{
    Ended, below, generate, image2, is_picture, on_a_full_disk, run, tiny, utf_16, weights,
};

/// Makes a package of the default model in `folder`.
fn quantize(folder: &Path, more: &[&str]) -> Command {
    quantize_from(&weights(), folder, more)
}

/// Makes a package in `folder`.
fn quantize_from(source: &Path, folder: &Path, more: &[&str]) -> Command {
    let mut command = image2(["models", "quantize"]);
    command.arg(source).args(more).arg("-o").arg("package");
    command.current_dir(folder);
    command
}

/// The description in the manifest of the small package, as `--about` takes it.
fn description() -> Value {
    let text = fs::read(tiny().join("manifest.json")).expect("a file");
    let mut about: Value = serde_json::from_slice(&text).expect("JSON");
    let fields = about.as_object_mut().expect("an object");
    for key in ["format", "version", "files", "tensors", "sha256"] {
        fields.remove(key).expect(key);
    }
    about
}

fn inspect(package: &Path) -> Value {
    run(image2(["models", "inspect", "--json"]).arg(package))
        .succeeded()
        .json()
}

#[test]
fn packages_are_listed_inspected_requantized_and_verified() {
    let weights = weights();
    let models = weights.parent().expect("a parent");
    let listed = run(image2(["models", "list", "--json"]).arg(models)).succeeded();
    assert_eq!(listed.json()["packages"][0]["name"], "image2-mini");
    let inspected = inspect(&weights);
    let parameters = &inspected["components"]["denoiser"]["parameters"];
    assert!(parameters.as_u64().expect("a number") > 10_000_000);

    let folder = tempfile::tempdir().expect("a folder");
    let package = folder.path().join("package");
    let made = run(quantize(folder.path(), &["--format", "q4"]).arg("--json"))
        .succeeded()
        .json();
    assert_eq!(made["package"], "package");
    assert!(made["size_bytes"].as_u64() < inspected["size_bytes"].as_u64());
    let verified = run(image2(["models", "verify", "--json"]).arg(&package)).succeeded();
    assert_eq!(verified.json()["sound"], true);
    let path = folder.path().join("a.png");
    run(generate(&path).arg("--model").arg(&package)).succeeded();
    assert!(is_picture(&path));
    let mode = fs::metadata(&package).expect("data").mode() & 0o777;
    let plain = folder.path().join("plain");
    fs::create_dir(&plain).expect("a folder");
    assert_eq!(mode, fs::metadata(&plain).expect("data").mode() & 0o777);

    // One flipped bit in the middle of the weights.
    let shard = package.join("weights-00000.safetensors");
    let mut bytes = fs::read(&shard).expect("the shard");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&shard, bytes).expect("written");
    let verified = run(image2(["models", "verify", "--json"]).arg(&package));
    assert_eq!(verified.code, Some(1));
    assert_eq!(verified.json()["faults"][0]["code"], "package.tampered");
    let refused = run(generate(&path).arg("--json").arg("--model").arg(&package));
    assert_eq!(refused.code, Some(1));
    assert_eq!(refused.json()["error"]["code"], "package.tampered");
}

#[test]
fn exceptions_of_the_user_override_the_default_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    run(&mut quantize(folder.path(), &["--set", "img_embedder=f16"])).succeeded();
    let inspected = inspect(&folder.path().join("package"));
    let formats = &inspected["components"]["denoiser"]["formats"];
    let elements = |format: &str| formats[format]["elements"].as_u64().unwrap_or(0);
    // 96 × 768 and 256 × 96 of the patch embedding; the table of words is one of 8 bits.
    assert!(elements("f16") > 96 * 768 + 256 * 96);
    assert!(elements("q8") >= 3072 * 256);
}

#[test]
fn a_run_can_be_repeated_after_a_mistyped_option() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    fs::write(root.join("odd.json"), "{}").expect("a file");
    fs::write(root.join("source.safetensors"), "damaged").expect("a file");
    fs::create_dir(root.join("empty")).expect("a folder");
    let mut about = description();
    fs::write(root.join("about.json"), about.to_string()).expect("a file");
    about["components"]["text"]["tokenizer"]["file"] = "words.json".into();
    fs::write(root.join("other.json"), about.to_string()).expect("a file");
    let before = below(root);
    for (mistake, words) in [
        (&["--with", "mistyped"][..], "mistyped"),
        (&["--with", "empty"], "empty"),
        (&["--with", "odd.json", "--with", "odd.json"], "odd.json"),
        (&["--with", "manifest.json"], "manifest.json"),
        (&["--about", "mistyped"], "mistyped"),
        (&["--about", "odd.json"], "odd.json"),
        (&["--about", "other.json"], "words.json"),
        (&["--format", "q5"], "q5"),
        (&["--upscaler-format", "q5"], "q5"),
        (&["--upscaler", "mistyped"], "mistyped"),
        (&["--set", "img_embedder"], "PREFIX=FORMAT"),
        (&["--set", "img_embedder=q5"], "q5"),
    ] {
        run(&mut quantize_from(&tiny(), root, mistake)).refused(words);
        assert_eq!(below(root), before, "{mistake:?}");
    }
    let from = |source: &str, more: &[&str]| -> Ended {
        let mut command = image2(["models", "quantize", source, "-o", "package"]);
        run(command.args(more).current_dir(root))
    };
    for (source, words) in [
        ("mistyped", "mistyped"),
        ("source.safetensors", "safetensors"),
        ("empty", "manifest.json"),
    ] {
        from(source, &["--about", "about.json"]).refused(words);
        assert_eq!(below(root), before, "{source}");
    }
    let fixture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/odd_rgba.safetensors"
    );
    from(fixture, &[]).refused("--about");
    from(fixture, &["--about", "about.json"]).refused("tokenizer.json");
    assert_eq!(below(root), before);
    run(&mut quantize_from(
        &tiny(),
        root,
        &["--about", "about.json"],
    ))
    .succeeded();
    run(image2(["models", "verify"]).arg(root.join("package"))).succeeded();
}

#[test]
fn a_full_disk_leaves_no_half_made_package() {
    let folder = tempfile::tempdir().expect("a folder");
    let command = quantize(folder.path(), &["--json"]);
    let ended = run(on_a_full_disk(&command).current_dir(folder.path()));
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.json()["error"]["message"].is_string());
    assert!(below(folder.path()).is_empty());
}

#[test]
fn the_output_is_validated_before_the_source() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    fs::create_dir(root.join("folder")).expect("a folder");
    fs::write(root.join("file"), "kept").expect("a file");
    symlink("nowhere", root.join("dangling")).expect("a link");
    let before = below(root);
    let long = "n".repeat(300);
    for (target, words) in [
        ("folder", "exists"),
        ("folder/", "exists"),
        ("file", "exists"),
        ("dangling", "exists"),
        ("file/package", "not a folder"),
        (&long, "too long"),
        ("/proc/package", "/proc"),
        ("-", "folder"),
    ] {
        let mut command = image2(["models", "quantize", "/nonexistent", "-o", target]);
        run(command.current_dir(root)).refused(words);
        assert_eq!(below(root), before, "{target}");
    }
    let mut command = image2(["models", "quantize"]);
    command
        .arg(weights())
        .arg("-o")
        .arg(root.join("deep/er/package"));
    run(&mut command).succeeded();
    assert!(root.join("deep/er/package/manifest.json").exists());
    assert_eq!(
        fs::read_dir(root.join("deep/er"))
            .expect("a folder")
            .count(),
        1
    );
}

#[test]
fn a_failed_run_removes_the_folders_that_it_created() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = image2([
        "models",
        "quantize",
        "/nonexistent",
        "-o",
        "deep/er/package",
    ]);
    run(command.current_dir(folder.path())).refused("/nonexistent");
    assert!(below(folder.path()).is_empty());
}

#[test]
fn the_description_of_a_package_may_have_any_encoding_of_a_list() {
    let folder = tempfile::tempdir().expect("a folder");
    let about = description().to_string();
    let path = folder.path().join("about.json");
    let made = |number: usize| {
        let mut command = image2(["models", "quantize", "--format", "q8", "--about"]);
        command
            .arg(&path)
            .arg(tiny())
            .arg("-o")
            .arg(folder.path().join(number.to_string()));
        command
    };
    for (number, bytes) in [
        format!("\u{feff}{about}\r\n").into_bytes(),
        utf_16(&format!("\u{feff}{about}"), u16::to_le_bytes),
    ]
    .iter()
    .enumerate()
    {
        fs::write(&path, bytes).expect("a file");
        run(&mut made(number)).succeeded();
    }
    fs::write(
        &path,
        about
            .replace("Tiny", "caf\u{e9}")
            .chars()
            .map(|c| c as u8)
            .collect::<Vec<_>>(),
    )
    .expect("a file");
    run(&mut made(9)).refused("UTF-8");
    fs::write(&path, "{}").expect("a file");
    run(&mut made(9)).refused("about.json");
    assert!(!folder.path().join("9").exists());
}
