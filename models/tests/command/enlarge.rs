//! Pictures of any size: drawn and enlarged, or enlarged alone.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use image2_picture::{Picture, encode_png, read_parameters};
use serde_json::json;

use crate::support::{below, decode, image2, list, run, tiny};

/// `image2` with the tiny package on the processor.
fn command<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> std::process::Command {
    let mut command = image2(args);
    command
        .env("IMAGE2_MODEL", tiny())
        .args(["--device", "cpu"]);
    command
}

fn size(picture: &Picture) -> [u32; 2] {
    [picture.width(), picture.height()]
}

fn read(path: &Path) -> Picture {
    decode(&fs::read(path).expect("a file"))
}

/// A picture with details, opaque or in part transparent.
fn sample(folder: &Path, opaque: bool) -> std::path::PathBuf {
    let pixel = |i: u32| {
        let alpha = if opaque || i % 30 > 9 { 255 } else { 0 };
        [(i * 7 % 251) as u8, (i / 3) as u8, 90, alpha]
    };
    let rgba = (0..30 * 21).flat_map(pixel).collect();
    let picture = Picture::new(30, 21, rgba).expect("a picture");
    let path = folder.join("sample.png");
    fs::write(&path, encode_png(&picture, None)).expect("a file");
    path
}

#[test]
fn a_drawing_is_made_at_the_size_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.png");
    for (asked, expected) in [("96", [96, 96]), ("100x40", [100, 40]), ("16", [16, 16])] {
        let mut command = command(["generate", "red cat", "--seed", "1", "--size", asked, "-o"]);
        run(command.arg(&path)).succeeded();
        assert_eq!(size(&read(&path)), expected);
        let recipe = read_parameters(&fs::read(&path).expect("a file")).expect("sound");
        let recipe = recipe.expect("parameters").recipe;
        assert_eq!([recipe.width, recipe.height], expected);
    }
    for asked in ["15", "1025", "16x", "big"] {
        let mut command = command(["generate", "red cat", "--size", asked, "--json"]);
        let ended = run(command.current_dir(folder.path()));
        assert!(ended.code == Some(1) || ended.code == Some(2), "{ended}");
    }
    assert_eq!(below(folder.path()).len(), 1);
}

#[test]
fn the_ground_lies_below_the_drawing() {
    let folder = tempfile::tempdir().expect("a folder");
    let draw = |name: &str, ground: &[&str]| {
        let path = folder.path().join(name);
        let mut command = command(["generate", "red cat", "--seed", "1", "--size", "40x20"]);
        run(command.args(ground).arg("-o").arg(&path)).succeeded();
        read(&path)
    };
    let [bare, on] = [draw("a.png", &[]), draw("b.png", &["--ground", "#0a0b0c"])];
    assert!(!bare.is_opaque() && on.is_opaque());
    assert!(on == bare.over("#0a0b0c".parse().expect("a colour")));
    let file = fs::read(folder.path().join("b.png")).expect("a file");
    let recipe = read_parameters(&file)
        .expect("sound")
        .expect("parameters")
        .recipe;
    assert_eq!(recipe.ground, "#0a0b0c".parse().ok());
    // In a list each line has its own.
    let lines = [
        r#"{"prompt": "red cat", "seed": 1, "size": "40x20", "ground": "navy", "output": "c.png"}"#,
    ];
    let list = list(folder.path(), &lines);
    run(command(["generate", "--prompts"])
        .arg(&list)
        .arg("-o")
        .arg(folder.path()))
    .succeeded();
    let navy = bare.over("navy".parse().expect("a colour"));
    assert!(read(&folder.path().join("c.png")) == navy);
    let mut wrong = command(["generate", "red cat", "--ground", "reddish"]);
    assert_eq!(run(wrong.current_dir(folder.path())).code, Some(2));
}

#[test]
fn a_picture_of_another_program_is_enlarged() {
    let folder = tempfile::tempdir().expect("a folder");
    for opaque in [true, false] {
        let input = sample(folder.path(), opaque);
        let output = folder.path().join("large.png");
        let mut command = command(["enlarge", "--to", "200", "--json"]);
        let value = run(command.arg(&input).arg("-o").arg(&output))
            .succeeded()
            .json();
        assert_eq!(
            (&value["width"], &value["height"]),
            (&json!(200), &json!(140))
        );
        let picture = read(&output);
        assert_eq!(size(&picture), [200, 140]);
        assert_eq!(picture.is_opaque(), opaque);
        let file = fs::read(&output).expect("a file");
        assert_eq!(read_parameters(&file), Ok(None), "no prompt made it");
        let mark = b"trainedAlgorithmicMedia";
        assert!(file.windows(mark.len()).any(|window| window == mark));
    }
}

#[test]
fn what_cannot_be_enlarged_is_refused_before_any_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = sample(folder.path(), true);
    let text = folder.path().join("text.png");
    fs::write(&text, "no picture").expect("a file");
    let cut = folder.path().join("cut.png");
    let whole = fs::read(&input).expect("a file");
    fs::write(&cut, &whole[..whole.len() / 2]).expect("a file");
    let before = below(folder.path());
    let code = |input: &Path, args: &[&str]| {
        let mut command = command(["enlarge", "--json", "-o", "large.png"]);
        command.args(args).arg(input).current_dir(folder.path());
        let value = run(&mut command).json();
        value["error"]["code"].as_str().expect("a code").to_owned()
    };
    assert_eq!(code(&input, &["--to", "29"]), "request.enlargement");
    assert_eq!(code(&input, &["--to", "4097"]), "request.enlargement");
    assert_eq!(code(&text, &["--to", "200"]), "input.invalid");
    assert_eq!(code(&cut, &["--to", "200"]), "input.invalid");
    assert_eq!(
        code(&folder.path().join("none.png"), &["--to", "200"]),
        "input.unreadable"
    );
    let old = image2_models_v1();
    assert_eq!(
        code(&input, &["--to", "200", "--model", &old]),
        "model.component"
    );
    let refused = |output: &str| {
        let mut command = command(["enlarge", "--json", "--to", "200", "-o", output]);
        let value = run(command.arg(&input).current_dir(folder.path())).json();
        value["error"]["code"].clone()
    };
    assert_eq!(refused("sample.png"), "output.is_input");
    assert_eq!(refused("large.jpg"), "output.ending");
    assert_eq!(refused("large.svg"), "output.ending");
    assert_eq!(refused("none/large.png"), "output.folder");
    assert_eq!(below(folder.path()), before);
}

/// A package of version 1, which has no upscaler.
fn image2_models_v1() -> String {
    let folder = tiny().with_file_name("tiny-v1");
    folder
        .to_str()
        .expect("a path of this repository")
        .to_owned()
}
