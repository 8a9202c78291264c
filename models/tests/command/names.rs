//! Names are bytes: they are used unchanged, and reported completely and harmlessly.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::support::{below, generate, image2, is_picture, run, weights};

/// "café" and an ending, in Latin-1.
const LATIN: &[u8] = b"caf\xe9.png";

fn name(bytes: &[u8]) -> &OsStr {
    OsStr::from_bytes(bytes)
}

#[test]
fn a_name_outside_utf_8_is_written_as_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name(LATIN));
    let text = run(&mut generate(&path)).succeeded();
    assert!(is_picture(&path));
    assert!(text.text().contains("caf\\xE9.png (seed 7"), "{text}");

    let value = run(generate(&path).arg("--json")).succeeded().json();
    let picture = &value["pictures"][0];
    let file = picture["file"].as_str().expect("a text");
    assert!(file.ends_with("caf\u{fffd}.png"), "{file}");
    let bytes = picture["file_bytes"].as_str().expect("the exact name");
    assert!(bytes.ends_with("636166e92e706e67"), "{bytes}");

    let plain = folder.path().join("cafe.png");
    let value = run(generate(&plain).arg("--json")).succeeded().json();
    assert_eq!(value["pictures"][0]["file"], plain.to_str().expect("UTF-8"));
    assert!(value["pictures"][0].get("file_bytes").is_none(), "{value}");
}

#[test]
fn numbered_names_keep_their_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name(LATIN));
    run(generate(&path).args(["--count", "2"])).succeeded();
    let expected = [b"caf\xe9-1.png", b"caf\xe9-2.png"].map(|it| Path::new(name(it)).to_owned());
    assert_eq!(below(folder.path()), expected);
}

#[test]
fn a_list_and_a_folder_may_have_such_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join(name(b"l\xefste"));
    std::fs::write(
        &list,
        r#"{"prompt": "a cat", "seed": 1, "size": "64x64", "output": "cat.png"}"#,
    )
    .expect("a list");
    let many = folder.path().join(name(b"d\xe9j\xe0"));
    let mut command = image2([
        "generate",
        "--device",
        "cpu",
        "--steps",
        "2",
        "--json",
        "--prompts",
    ]);
    let value = run(command.arg(&list).arg("-o").arg(&many))
        .succeeded()
        .json();
    assert!(is_picture(many.join("cat.png")));
    let bytes = value["pictures"][0]["file_bytes"].as_str().expect("bytes");
    assert!(bytes.contains("64e96ae0"), "{bytes}");

    std::fs::write(&list, "no JSON").expect("a list");
    let mut command = image2(["generate", "--prompts"]);
    let refused = run(command.arg(&list).arg("-o").arg(&many));
    refused.refused("l\\xEFste");
}

#[test]
fn models_may_have_such_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join(name(b"mod\xe8le"));
    std::os::unix::fs::symlink(weights(), &model).expect("a link");
    let listed = run(image2(["models", "list"]).arg(folder.path())).succeeded();
    assert!(listed.text().contains("mod\\xE8le  "), "{listed}");
    let listed = run(image2(["models", "list", "--json"]).env("IMAGE2_MODELS", folder.path()));
    let package = &listed.succeeded().json()["packages"][0];
    assert_eq!(package["name"], "image2-mini");
    assert!(
        package["path"]
            .as_str()
            .expect("text")
            .ends_with("mod\u{fffd}le")
    );
    assert!(
        package["path_bytes"]
            .as_str()
            .expect("hex")
            .ends_with("6d6f64e86c65")
    );
    for what in ["inspect", "verify"] {
        run(image2(["models", what, "--json"]).arg(&model))
            .succeeded()
            .json();
    }
    let path = folder.path().join("a.png");
    run(generate(&path).arg("--model").arg(&model)).succeeded();
    run(generate(&path).env("IMAGE2_MODEL", &model)).succeeded();
    run(image2(["--help"]).env("IMAGE2_MODEL", &model)).succeeded();
    run(image2(["generate", "--help"]).env("IMAGE2_MODEL", &model)).succeeded();
    run(generate(&path).env("RUST_LOG", name(b"\xff"))).succeeded();

    let missing = folder.path().join(name(b"\xe0"));
    for args in [
        ["models", "list"],
        ["models", "inspect"],
        ["models", "verify"],
    ] {
        run(image2(args).arg(&missing)).refused("");
        let value = run(image2(args).arg(&missing).arg("--json")).json();
        assert!(value["error"]["message"].is_string(), "{value}");
    }
}

#[test]
fn a_new_package_may_have_such_a_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join(name(b"mod\xe8le"));
    let mut command = image2(["models", "quantize", "--format", "q4", "--json"]);
    let value = run(command.arg(weights()).arg("-o").arg(&target))
        .succeeded()
        .json();
    assert!(
        value["package_bytes"]
            .as_str()
            .expect("hex")
            .ends_with("6d6f64e86c65")
    );
    run(image2(["models", "verify"]).arg(&target)).succeeded();

    // Files of a package have ASCII names.
    let notice = folder.path().join(name(b"\xe0.txt"));
    std::fs::write(&notice, "a notice").expect("a file");
    let second = folder.path().join("second");
    let mut command = image2(["models", "quantize"]);
    command
        .arg(weights())
        .arg("-o")
        .arg(&second)
        .arg("--with")
        .arg(&notice);
    run(&mut command).refused("\\xE0.txt");
    assert!(!second.exists());
}

#[test]
fn unlisted_files_of_such_names_are_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(weights()).expect("the model") {
        let path = entry.expect("an entry").path();
        std::os::unix::fs::symlink(&path, folder.path().join(path.file_name().expect("a name")))
            .expect("a link");
    }
    std::fs::write(folder.path().join(name(b"\xe9\x1b[2J")), "").expect("a file");
    let text = run(image2(["models", "verify"]).arg(folder.path())).succeeded();
    assert!(!text.out.contains(&0x1b), "{text}");
    run(image2(["models", "verify", "--json"]).arg(folder.path()))
        .succeeded()
        .json();
}

#[test]
fn a_prompt_outside_utf_8_is_refused_as_wrong_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.png");
    let mut command = image2(["generate", "--json"]);
    let refused = run(command.arg(name(b"a caf\xe9")).arg("-o").arg(&path));
    assert_eq!(refused.code, Some(2), "{refused}");
    assert!(refused.complaint().contains("UTF-8"), "{refused}");
    assert_eq!(refused.json()["error"]["code"], "usage");
    assert!(!path.exists());
}

#[test]
fn control_characters_of_names_are_escaped() {
    let folder = tempfile::tempdir().expect("a folder");
    // A line feed, a sequence that clears the screen, its C1 form, and a right-to-left override.
    let odd = "two\nlines \u{1b}[2J \u{9b}2J \u{202e}gnp.png";
    let harmless = |bytes: &[u8]| {
        let text = str::from_utf8(bytes).expect("UTF-8").trim_end_matches('\n');
        !text.contains(|c: char| c.is_control() || c == '\u{202e}')
    };
    let path = folder.path().join(odd);
    let text = run(&mut generate(&path)).succeeded();
    assert!(is_picture(&path));
    assert!(harmless(&text.out), "{text}");
    assert!(text.text().contains("two\\nlines \\u{1b}[2J"), "{text}");

    let json = run(generate(&path).arg("--json")).succeeded();
    assert!(harmless(&json.out), "{json}");
    assert_eq!(
        json.json()["pictures"][0]["file"],
        path.to_str().expect("UTF-8")
    );

    // The same in errors and listings.
    let missing = folder.path().join(odd).join("a.png");
    let refused = run(&mut generate(&missing)).refused("two\\nlines");
    assert!(harmless(&refused.err), "{refused}");
    let refused = run(image2(["models", "list"]).arg(folder.path().join("none\n\u{1b}[2J")));
    assert!(harmless(&refused.refused("none\\n").err));
    let list = folder.path().join("list\u{1b}[2J");
    std::fs::write(&list, "no JSON").expect("a list");
    let refused = run(image2(["generate", "--prompts"]).arg(&list));
    assert!(harmless(&refused.refused("line 1").err));

    let usage = run(&mut image2(["generate", "a cat", "b\u{1b}[2J.png"]));
    assert!(
        usage.code == Some(2) && !usage.err.contains(&0x1b),
        "{usage}"
    );

    let model = folder.path().join("model\n\u{1b}[2J");
    std::os::unix::fs::symlink(weights(), &model).expect("a link");
    let listed = run(image2(["models", "list"]).arg(folder.path())).succeeded();
    assert!(harmless(&listed.out), "{listed}");
    std::fs::write(folder.path().join("manifest.json"), "damaged \u{1b}[2J").expect("a file");
    let refused = run(image2(["models", "inspect"]).arg(folder.path()));
    assert!(harmless(&refused.refused("manifest").err));
}
