//! Standard output and standard error may be closed or full. The command completes its work either
//! way; a lost answer is a failure unless its reader closed the pipe.

use std::fs::File;
use std::io::PipeWriter;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Ended, generate, image2, is_picture, run, weights};

/// A pipe without a reader.
fn closed() -> PipeWriter {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer
}

/// A device that is always full.
fn full() -> File {
    File::options()
        .write(true)
        .open("/dev/full")
        .expect("the device")
}

fn with_output(mut command: Command, output: impl Into<Stdio>) -> Ended {
    let child = command
        .stdout(output)
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(command);
    let output = child.wait_with_output().expect("it ends");
    Ended {
        code: output.status.code(),
        out: output.stdout,
        err: output.stderr,
    }
}

/// Commands that succeed, one for every kind of answer but that of `generate`.
fn answers(folder: &Path) -> Vec<Command> {
    let weights = weights();
    let models = weights.parent().expect("a parent");
    let mut commands = vec![
        image2(["--help"]),
        image2(["--version"]),
        image2(["generate", "--help"]),
    ];
    for json in [&[][..], &["--json"]] {
        let mut list = image2(["models", "list"]);
        list.arg(models);
        let mut inspect = image2(["models", "inspect"]);
        inspect.arg(&weights);
        let mut verify = image2(["models", "verify"]);
        verify.arg(&weights);
        let mut quantize = image2(["models", "quantize", "--format", "q8"]);
        let target = folder.join(format!("package{}", json.len()));
        quantize.arg(&weights).arg("-o").arg(target);
        let bench = image2(["bench", "--device", "cpu", "--steps", "1", "--runs", "1"]);
        for mut command in [list, inspect, verify, quantize, bench] {
            command.args(json);
            commands.push(command);
        }
    }
    commands
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in answers(folder.path()) {
        let line = format!("{command:?}");
        let ended = with_output(command, closed());
        assert_eq!(
            (ended.code, ended.err.len()),
            (Some(0), 0),
            "{line}: {ended}"
        );
    }
    for json in [&[][..], &["--json"]] {
        let path = folder.path().join(format!("{}.png", json.len()));
        let mut command = generate(&path);
        command.args(json);
        let ended = with_output(command, closed());
        assert_eq!((ended.code, ended.err.len()), (Some(0), 0), "{ended}");
        assert!(is_picture(&path));
    }
}

#[test]
fn a_full_disk_is_reported_and_keeps_the_work() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in answers(folder.path()) {
        let line = format!("{command:?}");
        let ended = with_output(command, full());
        assert_eq!(ended.code, Some(1), "{line}: {ended}");
        let complaint = ended.complaint();
        assert!(complaint.contains("No space left"), "{line}: {complaint}");
        assert_eq!(complaint.lines().count(), 1, "{line}: {complaint}");
    }
    for json in [&[][..], &["--json"]] {
        let path = folder.path().join(format!("{}.png", json.len()));
        let mut command = generate(&path);
        command.args(json);
        with_output(command, full()).refused("No space left");
        assert!(is_picture(&path));
        assert!(
            folder
                .path()
                .join(format!("package{}", json.len()))
                .exists()
        );
    }
}

#[test]
fn a_failure_keeps_its_exit_code_if_nothing_can_be_written() {
    let failures = [
        (image2(["generate"]), 2),
        (image2(["generate", "--json"]), 2),
        (image2(["models", "inspect", "/nonexistent"]), 1),
        (image2(["models", "inspect", "/nonexistent", "--json"]), 1),
    ];
    for (mut command, code) in failures {
        for [out, err] in [
            [Stdio::from(closed()), Stdio::from(closed())],
            [Stdio::from(full()), Stdio::from(full())],
            [Stdio::from(closed()), Stdio::from(full())],
        ] {
            let status = command.stdout(out).stderr(err).status();
            assert_eq!(status.expect("it ends").code(), Some(code), "{command:?}");
        }
    }
}

#[test]
fn standard_error_may_be_closed_or_full_while_pictures_are_made() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, err) in [
        ("a.png", Stdio::from(closed())),
        ("b.png", Stdio::from(full())),
    ] {
        let path = folder.path().join(name);
        let mut command = generate(&path);
        // Logs go to standard error as well.
        let output = command.env("RUST_LOG", "trace").stderr(err).output();
        assert_eq!(output.expect("it ends").status.code(), Some(0));
        assert!(is_picture(&path));
    }
}

#[test]
fn streams_may_be_closed_from_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.png");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", r#"exec "$@" <&- >&- 2>&-"#, "sh"])
        .arg(env!("CARGO_BIN_EXE_image2"));
    shell
        .args(generate(&path).get_args())
        .env("IMAGE2_MODEL", weights());
    assert_eq!(run(&mut shell).code, Some(0));
    assert!(is_picture(&path));
}
