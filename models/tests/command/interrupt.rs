//! Signals: the first stops after the current step, the second at once. Neither leaves a partial
//! file.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{below, image2, is_picture, long_prompt, weights};

fn signal(child: &Child, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(status.expect("kill runs").success());
}

/// Waits until `seen`, or until the command ends by itself.
fn wait_for(child: &mut Child, mut seen: impl FnMut() -> bool) {
    while !seen() && child.try_wait().expect("a status").is_none() {
        std::thread::yield_now();
    }
}

/// A run of a thousand pictures that has completed the first.
fn drawing(folder: &Path) -> Child {
    let mut command = image2([
        "generate", "cat", "--device", "cpu", "--size", "64x64", "--steps", "30", "--count",
        "1000", "--json", "-o",
    ]);
    command.arg(folder.join("a.png"));
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    wait_for(&mut child, || folder.join("a-1.png").exists());
    child
}

fn only_pictures(folder: &Path) -> usize {
    let left = below(folder);
    for path in &left {
        assert!(is_picture(folder.join(path)), "{left:?}");
    }
    left.len()
}

#[test]
fn a_signal_stops_after_the_step_and_reports_what_was_made() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let folder = tempfile::tempdir().expect("a folder");
        let child = drawing(folder.path());
        signal(&child, name);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(code));
        let value: Value = serde_json::from_slice(&output.stdout).expect("one value");
        assert_eq!(value["error"]["code"], "cancelled");
        let reported = value["pictures"].as_array().expect("pictures").len();
        assert!(reported > 0);
        assert_eq!(only_pictures(folder.path()), reported);
    }
}

/// The test reads one byte of a file that exceeds the buffer of its pipe, so the command blocks.
#[test]
fn a_second_signal_ends_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("it runs").success());
    let prompt = long_prompt();
    let mut command = image2(["generate", &prompt, "--device", "cpu", "--json", "-o"]);
    let child = command
        .arg(&pipe)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut reader = std::fs::File::open(&pipe).expect("the pipe");
    reader.read_exact(&mut [0]).expect("a byte");
    signal(&child, "-INT");
    signal(&child, "-TERM");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(143));
    assert!(output.stdout.is_empty(), "nothing is reported");
}

/// Suspends a command that creates a package before it completes; `None` if it completed earlier.
fn half_made(folder: &Path) -> Option<Child> {
    let mut command = image2(["models", "quantize", "--format", "q4", "-o"]);
    command.arg(folder.join("new/package")).arg(weights());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    wait_for(&mut child, || below(folder).len() > 2);
    if child.try_wait().expect("a status").is_none() {
        signal(&child, "-STOP");
    }
    let half =
        child.try_wait().expect("a status").is_none() && !folder.join("new/package").exists();
    if !half {
        let _ = child.kill();
        let _ = child.wait();
    }
    half.then_some(child)
}

#[test]
fn a_signal_leaves_no_half_made_package() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        // On a busy machine the test may look too late.
        let (folder, mut child) = (0..20)
            .find_map(|_| {
                let folder = tempfile::tempdir().expect("a folder");
                half_made(folder.path()).map(|child| (folder, child))
            })
            .expect("a suspended command");
        signal(&child, name);
        signal(&child, "-CONT");
        assert_eq!(child.wait().expect("it ends").code(), Some(code));
        assert!(
            below(folder.path()).is_empty(),
            "{:?}",
            below(folder.path())
        );
        let mut command = image2(["models", "quantize", "--format", "q4", "-o"]);
        command.arg(folder.path().join("package")).arg(weights());
        assert!(command.output().expect("it ends").status.success());
    }
}
