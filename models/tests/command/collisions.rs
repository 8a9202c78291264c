//! One run never writes a file twice, and never a file that it reads.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{below, generate, generate_list, generate_without_model, list, run, weights};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// By name, by symbolic link and by hard link.
#[test]
fn two_pictures_for_one_file_are_refused_before_the_first() {
    let folder = folder();
    let root = folder.path();
    let out = root.join("out");
    fs::create_dir(&out).expect("a folder");
    fs::write(out.join("old.png"), "old").expect("a file");
    fs::hard_link(out.join("old.png"), out.join("hard.png")).expect("a link");
    symlink("old.png", out.join("soft.png")).expect("a link");
    symlink("new.png", out.join("dangling.png")).expect("a link");
    let before = below(root);
    for [one, two] in [
        ["a.png", "a.png"],
        ["new.png", "dangling.png"],
        ["dangling.png", "new.png"],
        ["old.png", "soft.png"],
        ["old.png", "hard.png"],
        ["hard.png", "soft.png"],
    ] {
        let lines = [one, "between.png", two]
            .map(|name| format!(r#"{{"prompt": "a cat", "size": "64x64", "output": "{name}"}}"#));
        let list = list(root, &lines.each_ref().map(String::as_str));
        let mut command = generate_list(&list, &out);
        command.args(["--model", "/nonexistent"]);
        let refused = run(&mut command).refused("line 3 of");
        assert!(refused.complaint().contains(one), "{refused}");
        let error = &run(command.arg("--json")).json()["error"];
        assert_eq!(error["code"], "output.twice");
        assert_eq!(
            error["arguments"]["other"],
            out.join(one).to_str().expect("UTF-8")
        );
        fs::remove_file(list).expect("a file");
        assert_eq!(below(root), before);
    }
}

#[test]
fn numbered_pictures_for_one_file_are_refused_before_the_first() {
    let folder = folder();
    symlink("a-2.png", folder.path().join("a-1.png")).expect("a link");
    let mut command = generate_without_model("a.png");
    command.args(["--count", "2"]).current_dir(folder.path());
    let refused = run(&mut command).refused("a-2.png");
    assert!(refused.complaint().contains("a-1.png"), "{refused}");
}

#[test]
fn an_input_is_never_an_output() {
    let folder = folder();
    let root = folder.path();
    let line = |name| format!(r#"{{"prompt": "a cat", "size": "64x64", "output": "{name}"}}"#);
    for name in ["list", "soft", "hard"] {
        fs::write(root.join("list"), line(name)).expect("a list");
        let _ = symlink("list", root.join("soft"));
        let _ = fs::hard_link(root.join("list"), root.join("hard"));
        let mut command = generate_list("list", ".");
        let value = run(command.current_dir(root).arg("--json")).json();
        assert_eq!(value["error"]["code"], "output.is_input", "{value}");
        assert_eq!(
            fs::read(root.join("list")).expect("the list"),
            line(name).as_bytes()
        );
    }
    // A file of the model, by a hard link without an ending.
    let model = root.join("model");
    fs::create_dir(&model).expect("a folder");
    for entry in fs::read_dir(weights()).expect("the model") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, model.join(path.file_name().expect("a name"))).expect("a copy");
    }
    fs::hard_link(model.join("manifest.json"), root.join("manifest")).expect("a link");
    let mut command = generate(root.join("manifest"));
    let value = run(command.arg("--model").arg(&model).arg("--json")).json();
    assert_eq!(value["error"]["code"], "output.is_input", "{value}");
    run(&mut generate(model.join("picture.png"))).succeeded();
}
