//! The command `image2` as people and scripts use it, with the default model.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use image2_picture::{Picture, checks::psnr, read_parameters};
use serde_json::Value;

fn weights() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/image2-mini")
}

fn image2(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_image2"));
    command
        .args(args)
        .env("IMAGE2_MODEL", weights())
        .env_remove("RUST_LOG");
    command
}

fn run(args: &[&str]) -> (Output, Value) {
    let output = image2(args).output().expect("the command starts");
    let text = if output.stdout.is_empty() {
        &output.stderr
    } else {
        &output.stdout
    };
    let value = serde_json::from_slice(text).unwrap_or(Value::Null);
    (output, value)
}

/// Draws one picture with few steps and reads it back.
fn draw(folder: &Path, name: &str, extra: &[&str]) -> (Picture, Vec<u8>) {
    let file = folder.join(name);
    let file = file.to_str().expect("a UTF-8 path");
    let mut args = vec![
        "generate",
        "red apple on a blue background",
        "--steps",
        "4",
        "--seed",
        "7",
        "-o",
        file,
        "--json",
    ];
    args.extend(extra);
    let (output, value) = run(&args);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(value["pictures"][0]["seed"], 7);
    let bytes = std::fs::read(file).expect("the picture was written");
    (decode(&bytes), bytes)
}

fn decode(file: &[u8]) -> Picture {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::ALPHA);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut rgba = vec![0; reader.output_buffer_size().expect("a small picture")];
    let info = reader.next_frame(&mut rgba).expect("whole pixels");
    Picture::new(info.width, info.height, rgba).expect("four bytes a pixel")
}

#[test]
fn a_list_of_prompts_draws_what_single_calls_draw() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, alone) = draw(folder.path(), "alone.png", &["--device", "cpu"]);
    let list = folder.path().join("list.jsonl");
    let lines = r#"{"prompt": "a yellow star", "seed": 1, "size": "64x96", "output": "star.png"}
{"prompt": "red apple on a blue background", "seed": 7, "output": "apple.png"}
"#;
    std::fs::write(&list, lines).expect("a list");
    let many = folder.path().join("many");
    let [list, many] = [&list, &many].map(|path| path.to_str().expect("a UTF-8 path"));
    let call = ["generate", "--prompts", list, "--steps", "4", "-o", many];
    let (output, value) = run(&[&call[..], &["--device", "cpu", "--json"]].concat());
    assert!(output.status.success(), "{value}");
    assert_eq!(value["pictures"][0]["seed"], 1);
    let read = |name: &str| std::fs::read(Path::new(many).join(name)).expect(name);
    assert_eq!(read("apple.png"), alone);
    let star = decode(&read("star.png"));
    assert_eq!((star.width(), star.height()), (64, 96));

    std::fs::write(Path::new(list), "{\"prompt\": \"a cat\"}").expect("a list");
    let (output, _) = run(&call);
    assert!(!output.status.success());
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(complaint.contains("line 1 of"), "{complaint}");
}

#[test]
fn gpu_and_processor_draw_the_same_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cpu, bytes) = draw(folder.path(), "cpu.png", &["--device", "cpu"]);
    let (again, same_bytes) = draw(folder.path(), "again.png", &["--device", "cpu"]);
    assert_eq!(bytes, same_bytes, "the same job gives the same file");
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
fn the_file_tells_how_it_was_made_unless_told_not_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let (picture, bytes) = draw(
        folder.path(),
        "a.png",
        &["--device", "cpu", "--size", "128x96", "--guidance", "1"],
    );
    assert_eq!((picture.width(), picture.height()), (128, 96));
    let parameters = read_parameters(&bytes)
        .expect("a sound file")
        .expect("parameters");
    assert_eq!(
        (parameters.seed, parameters.steps, parameters.guidance),
        (7, 4, 1.0)
    );
    assert_eq!(parameters.prompt, "red apple on a blue background");
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
fn wrong_requests_say_what_is_allowed() {
    let refused = |args: &[&str]| {
        let (output, value) =
            run(&[&["generate", "cat", "--device", "cpu", "--json"], args].concat());
        assert_eq!(output.status.code(), Some(1));
        (
            value["error"]["code"].clone(),
            value["error"]["message"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let (code, message) = refused(&["--size", "130x128"]);
    assert_eq!(code, "request.invalid");
    assert!(message.contains("multiples of 16"), "{message}");
    assert_eq!(refused(&["--steps", "0"]).0, "request.invalid");
    assert_eq!(refused(&["--guidance", "NaN"]).0, "request.invalid");
    assert_eq!(
        refused(&["--model", "/nonexistent"]).0,
        "package.missing_file"
    );
    let (usage, _) = run(&["generate", "cat", "--size", "big"]);
    assert_eq!(usage.status.code(), Some(2));
}

#[test]
fn packages_are_listed_inspected_verified_and_remade() {
    let folder = tempfile::tempdir().expect("a folder");
    let weights = weights();
    let source = weights.to_str().expect("a UTF-8 path");
    let (_, listed) = run(&[
        "models",
        "list",
        weights.parent().and_then(Path::to_str).expect("a parent"),
        "--json",
    ]);
    assert_eq!(listed["packages"][0]["name"], "image2-mini");
    let (_, inspected) = run(&["models", "inspect", source, "--json"]);
    assert!(inspected["parameters"].as_u64().expect("a number") > 10_000_000);

    let small = folder.path().join("q4");
    let small = small.to_str().expect("a UTF-8 path");
    let (output, made) = run(&[
        "models", "quantize", source, "-o", small, "--format", "q4", "--json",
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(made["size_bytes"].as_u64() < inspected["size_bytes"].as_u64());
    let (output, verified) = run(&["models", "verify", small, "--json"]);
    assert!(
        output.status.success() && verified["sound"] == true,
        "{verified}"
    );
    draw(
        folder.path(),
        "small.png",
        &["--device", "cpu", "--model", small],
    );

    // The user's exceptions come before the program's own.
    let mixed = folder.path().join("mixed");
    let mixed = mixed.to_str().expect("a UTF-8 path");
    let (output, _) = run(&[
        "models",
        "quantize",
        source,
        "-o",
        mixed,
        "--set",
        "img_embedder=f16",
    ]);
    assert!(output.status.success());
    let (_, formats) = run(&["models", "inspect", mixed, "--json"]);
    let elements = |format: &str| formats["formats"][format]["elements"].as_u64().unwrap_or(0);
    // 96 × 768 and 256 × 96 of the patch embedding; the table of words is one of 8 bits.
    assert!(elements("f16") > 96 * 768 + 256 * 96);
    assert!(elements("q8") >= 3072 * 256);

    // One flipped bit in the middle of the weights.
    let shard = Path::new(small).join("weights-00000.safetensors");
    let mut bytes = std::fs::read(&shard).expect("the shard");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(&shard, bytes).expect("written");
    let (output, verified) = run(&["models", "verify", small, "--json"]);
    assert_eq!(
        (output.status.code(), &verified["faults"][0]["code"]),
        (Some(1), &Value::from("package.tampered"))
    );
    let (output, refused) = run(&[
        "generate", "cat", "--model", small, "--device", "cpu", "--json",
    ]);
    assert_eq!(
        (output.status.code(), &refused["error"]["code"]),
        (Some(1), &Value::from("package.tampered"))
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_after_the_step_and_leaves_no_half_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("never.png");
    let args = [
        "generate", "cat", "--device", "cpu", "--steps", "200", "--count", "1000", "--json", "-o",
    ];
    let mut child = image2(&args)
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // The handler is installed before the model is read: a second later the run is under way.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(kill.success());
    let status = child.wait().expect("it ends");
    let mut said = String::new();
    child
        .stdout
        .take()
        .expect("piped")
        .read_to_string(&mut said)
        .expect("text");
    assert_eq!((status.code(), said.as_str()), (Some(130), ""));
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("entry").path())
        .collect();
    assert!(
        left.iter()
            .all(|path| path.extension().is_some_and(|ending| ending == "png")),
        "{left:?}"
    );
}
