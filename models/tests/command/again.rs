//! The parameters of a file reproduce it byte for byte.

use std::path::Path;

use image2_picture::{Recipe, read_parameters};

use crate::support::{image2, run};

/// Needs escaping in every form that a file holds it in.
const PROMPT: &str = "-a \"red\"\n Äpfel 🦊, <b>\u{1b}\\";

/// Draws from a file's parameters alone.
fn again(file: &[u8], folder: &Path) -> Vec<u8> {
    let parameters = read_parameters(file)
        .expect("a sound file")
        .expect("parameters");
    // The pattern is exhaustive, so that a new setting must be added here.
    let Recipe {
        prompt,
        seed,
        width,
        height,
        steps,
        guidance,
        sampler,
        shift,
        ground,
    } = parameters.recipe;
    let path = folder.join("again.png");
    let mut command = image2(["generate", "--device", "cpu"]);
    command.arg("-o").arg(&path);
    command.arg(format!("--seed={seed}"));
    command.arg(format!("--size={width}x{height}"));
    command.arg(format!("--steps={steps}"));
    command.arg(format!("--guidance={guidance}"));
    command.arg(format!("--method={sampler}"));
    command.arg(format!("--shift={shift}"));
    if let Some(ground) = ground {
        command.arg(format!("--ground={ground}"));
    }
    run(command.arg("--").arg(prompt)).succeeded();
    std::fs::read(path).expect("a file")
}

#[test]
fn a_file_is_reproduced_from_its_own_parameters() {
    let folder = tempfile::tempdir().expect("a folder");
    // Each option alone, all together, and none. Each must change the picture.
    let options = [
        ["--seed", "18446744073709551615"],
        ["--size", "96x64"],
        ["--steps", "3"],
        ["--guidance", "2.3"],
        ["--method", "heun"],
        ["--shift", "1.7"],
        ["--ground", "yellow"],
    ];
    let mut calls: Vec<Vec<&str>> = options.iter().map(|option| option.to_vec()).collect();
    calls.push(options.concat());
    calls.push(vec![]);
    let mut seen = Vec::new();
    for call in calls {
        let path = folder.path().join("first.png");
        let mut command = image2(["generate", "--device", "cpu"]);
        if !call.contains(&"--seed") {
            command.args(["--seed", "7"]);
        }
        command.args(&call).arg("-o").arg(&path);
        run(command.arg("--").arg(PROMPT)).succeeded();
        let file = std::fs::read(&path).expect("a file");
        assert!(again(&file, folder.path()) == file, "{call:?}");
        assert!(!seen.contains(&file), "{call:?} changes nothing");
        seen.push(file);
    }
}

#[test]
fn a_file_holds_its_rolled_seed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("first.png");
    let mut command = image2([
        "generate",
        "a red apple",
        "--device",
        "cpu",
        "--size",
        "64x64",
    ]);
    run(command.arg("-o").arg(&path)).succeeded();
    let file = std::fs::read(&path).expect("a file");
    assert!(again(&file, folder.path()) == file);
}
