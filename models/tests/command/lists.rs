//! Lists of prompts: encodings, invalid lines, and failures in the middle.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{
    below, decode, generate_list, image2, is_picture, is_png, list, long_prompt, run, utf_16,
};

const LINES: [&str; 2] = [
    r#"{"prompt": "a red café", "seed": 1, "size": "64x64", "output": "one.png"}"#,
    r#"{"prompt": "a 🦊 fox", "seed": 2, "size": "64x64", "output": "zwei-ü.png"}"#,
];

/// Every picture of a folder by name.
fn pictures(folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            (entry.file_name(), fs::read(entry.path()).expect("a file"))
        })
        .collect()
}

#[test]
fn a_list_draws_the_same_pictures_as_single_calls() {
    let folder = tempfile::tempdir().expect("a folder");
    let alone = folder.path().join("alone.png");
    let mut command = image2([
        "generate",
        "red apple",
        "--device",
        "cpu",
        "--steps",
        "2",
        "--seed",
        "7",
    ]);
    run(command.arg("-o").arg(&alone)).succeeded();
    let list = list(
        folder.path(),
        &[
            r#"{"prompt": "a yellow star", "seed": 1, "size": "64x96", "output": "star.png"}"#,
            r#"{"prompt": "red apple", "seed": 7, "output": "apple.png"}"#,
        ],
    );
    let many = folder.path().join("many");
    let value = run(generate_list(&list, &many).arg("--json"))
        .succeeded()
        .json();
    assert_eq!(value["pictures"][0]["seed"], 1);
    let read = |name: &str| fs::read(many.join(name)).expect(name);
    assert_eq!(read("apple.png"), fs::read(alone).expect("a file"));
    let star = decode(&read("star.png"));
    assert_eq!((star.width(), star.height()), (64, 96));
}

#[test]
fn a_list_is_read_in_every_encoding_that_editors_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = LINES.join("\n") + "\n";
    let windows = LINES.join("\r\n") + "\r\n \t\r\n";
    let forms: Vec<Vec<u8>> = vec![
        plain.clone().into(),
        LINES.join("\n").into(),
        windows.clone().into(),
        LINES.join("\r").into(),
        format!("\u{feff}{plain}").into(),
        format!("\u{feff}{windows}").into(),
        // Two concatenated files.
        format!("\u{feff}{}\r\n\u{feff}{}", LINES[0], LINES[1]).into(),
        utf_16(&format!("\u{feff}{windows}"), u16::to_le_bytes),
        utf_16(&format!("\u{feff}{windows}"), u16::to_be_bytes),
        utf_16(&plain, u16::to_le_bytes),
        utf_16(&plain, u16::to_be_bytes),
    ];
    let mut expected = None;
    for (number, form) in forms.iter().enumerate() {
        let list = folder.path().join(format!("list{number}"));
        fs::write(&list, form).expect("a list");
        let out = folder.path().join(format!("out{number}"));
        run(&mut generate_list(&list, &out)).succeeded();
        let found = pictures(&out);
        let names: Vec<_> = found
            .keys()
            .map(|name| name.to_str().expect("UTF-8"))
            .collect();
        assert_eq!(names, ["one.png", "zwei-ü.png"]);
        assert!(
            *expected.get_or_insert_with(|| found.clone()) == found,
            "form {number}"
        );
    }
}

#[test]
fn other_encodings_are_refused_with_their_name_and_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let latin: Vec<u8> = LINES[0].chars().map(|c| c as u8).collect();
    let latin = [b"\n", &latin[..]].concat();
    let utf_32 = |text: &str, bytes: fn(u32) -> [u8; 4]| -> Vec<u8> {
        text.chars().flat_map(|c| bytes(u32::from(c))).collect()
    };
    let marked = format!("\u{feff}{}", LINES[0]);
    let mut torn = utf_16(&marked, u16::to_le_bytes);
    torn.extend([b'\n', 0, 0x3d, 0xd8, b'a', 0]);
    let mut odd = utf_16(&format!("{marked}\n"), u16::to_le_bytes);
    odd.push(b'{');
    for (bytes, words) in [
        (latin, ["UTF-8", "Windows-1252", "line 2 of"]),
        (utf_32(&marked, u32::to_le_bytes), ["UTF-32", "UTF-8", ""]),
        (utf_32(&marked, u32::to_be_bytes), ["UTF-32", "UTF-8", ""]),
        (utf_32(LINES[0], u32::to_le_bytes), ["UTF-32", "UTF-8", ""]),
        (torn, ["UTF-16", "line 2 of", ""]),
        (odd, ["UTF-16", "line 2 of", ""]),
    ] {
        let list = folder.path().join("list");
        fs::write(&list, bytes).expect("a list");
        let mut command = generate_list(&list, folder.path().join("out"));
        command.args(["--model", "/nonexistent"]);
        let refused = run(&mut command).refused(words[0]);
        for word in words {
            assert!(refused.complaint().contains(word), "{word}: {refused}");
        }
        assert_eq!(
            run(command.arg("--json")).json()["error"]["code"],
            "input.encoding"
        );
        assert!(!folder.path().join("out").exists());
    }
}

#[test]
fn a_list_is_read_from_standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = generate_list("-", folder.path());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = child.stdin.take().expect("piped");
    input
        .write_all(LINES.join("\n").as_bytes())
        .expect("written");
    drop(input);
    assert!(child.wait_with_output().expect("it ends").status.success());
    assert_eq!(below(folder.path()).len(), 2);

    run(generate_list("-", folder.path()).arg("--json")).refused("no prompts");
}

#[test]
fn an_unreadable_list_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("empty"), "\u{feff}\r\n").expect("a list");
    for (name, words) in [
        ("none", "No such file"),
        (".", "directory"),
        ("empty", "no prompts"),
    ] {
        let mut command = generate_list(name, "out");
        command
            .args(["--model", "/nonexistent"])
            .current_dir(folder.path());
        run(&mut command).refused(words);
        let value = run(command.arg("--json")).json();
        let code = value["error"]["code"].as_str().expect("a code");
        assert!(code.starts_with("input."), "{name}: {code}");
    }
}

#[test]
fn every_line_is_validated_against_the_model_before_the_first_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let bad = r#"{"prompt": "a cat", "size": "65x64", "output": "three.png"}"#;
    let list = list(folder.path(), &[LINES[0], LINES[1], bad]);
    let out = folder.path().join("out");
    run(&mut generate_list(&list, &out)).refused("line 3 of");
    assert!(!out.exists());
    let value = run(generate_list(&list, &out).arg("--json")).json();
    assert_eq!(value["error"]["code"], "request.size");
    assert!(!out.exists());
}

/// The first file exceeds the buffer of its pipe, so the command blocks until the test has put a
/// folder in the way of the third one.
#[test]
fn a_list_that_fails_in_its_third_line_reports_the_first_two() {
    for json in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("out");
        fs::create_dir(&out).expect("a folder");
        let prompt = long_prompt();
        let first =
            format!(r#"{{"prompt": "{prompt}", "seed": 3, "size": "64x64", "output": "first"}}"#);
        let line = |name| {
            format!(r#"{{"prompt": "a cat", "seed": 4, "size": "64x64", "output": "{name}"}}"#)
        };
        let lines = [
            &*first,
            &line("second.png"),
            &line("third.png"),
            &line("fourth.png"),
        ];
        let list = list(folder.path(), &lines);
        let made = std::process::Command::new("mkfifo")
            .arg(out.join("first"))
            .status();
        assert!(made.expect("it runs").success());
        let mut command = generate_list(&list, &out);
        if json {
            command.arg("--json");
        }
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        // All outputs have been validated when the first byte arrives.
        let mut pipe = fs::File::open(out.join("first")).expect("the pipe");
        let mut picture = vec![0];
        pipe.read_exact(&mut picture).expect("a byte");
        fs::create_dir(out.join("third.png")).expect("a folder");
        pipe.read_to_end(&mut picture).expect("a picture");
        assert!(is_png(&picture));
        let output = child.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}{complaint}");
        assert!(complaint.contains("line 3 of"), "{complaint}");
        assert!(is_picture(out.join("second.png")));
        assert!(!out.join("fourth.png").exists(), "it stops at the failure");
        assert_eq!(below(&out).len(), 3);
        if json {
            let value: Value = serde_json::from_str(&text).expect("one value");
            let seeds: Vec<_> = value["pictures"]
                .as_array()
                .expect("pictures")
                .iter()
                .map(|it| &it["seed"])
                .collect();
            assert_eq!(seeds, [3, 4]);
            assert_eq!(value["error"]["code"], "output.unwritable");
        } else {
            // One more line is about the unread words of the first prompt.
            let lines: Vec<_> = text.lines().filter(|line| line.contains("(seed")).collect();
            assert!(
                lines.len() == 2
                    && lines[0].contains("first (seed 3")
                    && lines[1].contains("second.png (seed 4"),
                "{text}"
            );
        }
    }
}
