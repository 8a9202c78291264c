//! Pictures into standard output, pipes and open files: those are written to, never replaced.
//!
//! No test here writes to a device in `/dev`, because a faulty command that runs as root would
//! replace it. The unit test in `destination.rs` covers devices.

use std::fs::{self, File};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{
    Ended, below, generate, generate_without_model, is_picture, is_png, run, weights,
};

#[test]
fn a_hyphen_writes_only_the_picture_to_standard_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = run(generate("-").current_dir(folder.path())).succeeded();
    assert!(is_png(&ended.out), "{ended}");
    assert!(ended.complaint().contains("(seed 7"), "{ended}");
    assert!(below(folder.path()).is_empty());

    let ended = run(generate("-").arg("--json").current_dir(folder.path())).succeeded();
    assert!(is_png(&ended.out), "{ended}");
    let value: serde_json::Value = serde_json::from_slice(&ended.err).expect("one value");
    assert_eq!(
        (&value["pictures"][0]["file"], &value["pictures"][0]["seed"]),
        (&"-".into(), &7.into())
    );
    assert!(below(folder.path()).is_empty());

    let file = run(&mut generate(folder.path().join("a.png")));
    file.succeeded();
    assert_eq!(
        fs::read(folder.path().join("a.png")).expect("a file"),
        ended.out
    );
}

#[test]
fn a_failure_leaves_standard_output_empty_for_the_picture() {
    let ended = run(&mut generate_without_model("-")).refused("manifest.json");
    assert!(ended.out.is_empty(), "{ended}");
    let ended = run(generate_without_model("-").arg("--json"));
    let value: serde_json::Value = serde_json::from_slice(&ended.err).expect("one value");
    assert_eq!(value["error"]["code"], "package.missing_file");
    assert!(ended.out.is_empty(), "{ended}");
}

#[test]
fn standard_output_takes_one_picture() {
    for output in ["-", "/dev/fd/1", "/proc/self/fd/1"] {
        let mut command = generate_without_model(output);
        run(command.args(["--count", "2"])).refused("one picture");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let list = crate::support::list(folder.path(), &[r#"{"prompt": "a", "output": "a.png"}"#]);
    let mut command = crate::support::generate_list(&list, "-");
    run(command.current_dir(folder.path())).refused("folder");
    assert_eq!(below(folder.path()), [Path::new("list.jsonl")]);
}

#[test]
fn a_closed_pipe_is_a_failure_of_the_picture() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = generate("-");
    let child = command
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(command);
    let output = child.wait_with_output().expect("it ends");
    let ended = Ended {
        code: output.status.code(),
        out: output.stdout,
        err: output.stderr,
    };
    ended.refused("cannot write");
}

/// Runs `image2` by a shell with some redirections.
fn redirected(folder: &Path, redirection: &str, output: &str) -> Ended {
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!(r#"exec "$@" {redirection}"#))
        .arg("sh")
        .arg(env!("CARGO_BIN_EXE_image2"))
        .args(generate(output).get_args())
        .env("IMAGE2_MODEL", weights())
        .current_dir(folder);
    run(&mut shell)
}

#[test]
fn names_of_standard_output_are_standard_output() {
    for name in ["/dev/fd/1", "/proc/self/fd/1", "link"] {
        let folder = tempfile::tempdir().expect("a folder");
        // Emulates `/dev/stdout`.
        std::os::unix::fs::symlink("/proc/self/fd/1", folder.path().join("link")).expect("a link");
        let piped = redirected(folder.path(), "", name).succeeded();
        assert!(is_png(&piped.out), "{name}: {piped}");
        assert_eq!(below(folder.path()), [Path::new("link")]);
        // Redirected to a file, it contains the picture only.
        redirected(folder.path(), ">a.png", name).succeeded();
        assert!(is_picture(folder.path().join("a.png")), "{name}");
    }
}

#[test]
fn an_open_file_is_written_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.png");
    let before = File::create_new(&path).expect("a file");
    redirected(folder.path(), "3>a.png", "/dev/fd/3").succeeded();
    assert!(is_picture(&path));
    let same = |file: &File| std::os::unix::fs::MetadataExt::ino(&file.metadata().expect("data"));
    assert_eq!(same(&before), same(&File::open(&path).expect("a file")));
}

#[test]
fn a_named_pipe_is_written_to_and_stays_a_pipe() {
    let folder = tempfile::tempdir().expect("a folder");
    // The ending of a pipe does not matter.
    let pipe = folder.path().join("pipe.jpg");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("it runs");
    assert!(made.success());
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::read(pipe).expect("bytes"))
    };
    run(&mut generate(&pipe)).succeeded();
    assert!(is_png(&reader.join().expect("it ends")));
    assert!(fs::metadata(&pipe).expect("data").file_type().is_fifo());
    assert_eq!(below(folder.path()), [Path::new("pipe.jpg")]);
}
