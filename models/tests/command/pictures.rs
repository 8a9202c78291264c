//! Pictures as people and scripts ask for them, and refusals of what no model can draw.

use std::path::Path;

use image2_picture::{Picture, checks::psnr, read_parameters};

use crate::support::{Ended, decode, image2, run};

/// Draws one picture with few steps and reads it back.
fn draw(folder: &Path, name: &str, extra: &[&str]) -> (Picture, Vec<u8>) {
    let file = folder.join(name);
    let mut command = image2(["generate", "red apple on a blue background", "--json"]);
    command
        .args(["--steps", "4", "--seed", "7", "-o"])
        .arg(&file);
    let value = run(command.args(extra)).succeeded().json();
    assert_eq!(value["pictures"][0]["seed"], 7);
    let bytes = std::fs::read(file).expect("the picture was written");
    (decode(&bytes), bytes)
}

#[test]
fn gpu_and_processor_draw_the_same_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cpu, bytes) = draw(folder.path(), "cpu.png", &["--device", "cpu"]);
    let (again, same_bytes) = draw(folder.path(), "again.png", &["--device", "cpu"]);
    assert_eq!(bytes, same_bytes, "the same recipe gives the same file");
    let (gpu, _) = draw(folder.path(), "gpu.png", &["--device", "gpu"]);
    // 8-bit rounding alone gives about 59 dB; 35 is where a difference begins to be visible.
    let similarity = psnr(&cpu, &gpu);
    assert!(
        similarity >= 35.0,
        "GPU and processor agree to {similarity:.1} dB only"
    );
    assert!(psnr(&cpu, &again).is_infinite());
    // Not a constant, and not noise: neighbours are alike.
    let neighbours = cpu.rgba().chunks(4).zip(cpu.rgba().chunks(4).skip(1));
    let step: f64 = neighbours
        .map(|(a, b)| f64::from(a[0].abs_diff(b[0])))
        .sum::<f64>()
        / (cpu.rgba().len() / 4) as f64;
    assert!(
        step > 0.05 && step < 30.0,
        "neighbouring pixels differ by {step}"
    );
}

#[test]
fn a_file_holds_its_parameters_unless_they_are_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let extra = ["--device", "cpu", "--size", "128x96", "--guidance", "1"];
    let (picture, bytes) = draw(folder.path(), "a.png", &extra);
    assert_eq!((picture.width(), picture.height()), (128, 96));
    let parameters = read_parameters(&bytes)
        .expect("a sound file")
        .expect("parameters");
    let recipe = parameters.recipe;
    assert_eq!((recipe.seed, recipe.steps, recipe.guidance), (7, 4, 1.0));
    assert_eq!(recipe.prompt, "red apple on a blue background");
    assert_eq!(recipe.sampler, "euler");
    let (_, bytes) = draw(
        folder.path(),
        "b.png",
        &["--device", "cpu", "--no-parameters"],
    );
    assert!(read_parameters(&bytes).expect("a sound file").is_none());
    let mark = b"trainedAlgorithmicMedia";
    assert!(
        bytes.windows(mark.len()).any(|window| window == mark),
        "the AI mark always stays in"
    );
}

#[test]
fn requests_outside_the_models_limits_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |args: &[&str]| -> Ended {
        let mut command = image2(["generate", "cat", "--device", "cpu", "--json"]);
        run(command.args(args).current_dir(folder.path())).refused("image2: ")
    };
    let value = refused(&["--size", "130x128"]).json();
    assert_eq!(value["error"]["code"], "request.size");
    assert_eq!(value["error"]["arguments"]["patch"], 16);
    let message = value["error"]["message"].as_str().expect("a sentence");
    assert!(message.contains("multiples of 16"), "{message}");
    for (args, code) in [
        (["--steps", "0"], "request.steps"),
        (["--guidance", "NaN"], "request.guidance"),
        (["--shift", "0"], "request.shift"),
        (["--shift", "inf"], "request.shift"),
    ] {
        let value = refused(&args).json();
        assert_eq!(value["error"]["code"], code, "{args:?}");
    }
    let value = refused(&["--model", "/nonexistent"]).json();
    assert_eq!(value["error"]["code"], "package.missing_file");
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    for args in [
        &["generate", "cat", "--size", "big"][..],
        &["generate", "cat", "--seed", "-1"],
        &["generate", "cat", "--method", "rk4"],
        &["generate", "cat", "--output", ""],
        &["generate", "cat", "--count", "0"],
        &["generate"],
        &["draw"],
        &[],
    ] {
        let ended = run(&mut image2(args));
        assert_eq!((ended.code, ended.out.len()), (Some(2), 0), "{args:?}");
        assert!(!ended.err.is_empty());
        let ended = run(image2(args).arg("--json"));
        assert_eq!(ended.code, Some(2), "{args:?}");
        assert_eq!(ended.json()["error"]["code"], "usage", "{args:?}");
        assert!(ended.json()["error"]["message"].is_string());
    }
    for args in [&["--help"][..], &["--version"], &["generate", "--help"]] {
        let ended = run(&mut image2(args)).succeeded();
        assert!(!ended.out.is_empty() && ended.err.is_empty());
    }
}
