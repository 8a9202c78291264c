//! Outputs are validated before anything is computed.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::{
    MapPaths, below, generate, generate_list, generate_without_model, image2, is_picture, list, run,
};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn an_invalid_output_is_refused_before_the_model_is_loaded() {
    let folder = folder();
    let root = folder.path();
    fs::write(root.join("file"), "kept").expect("a file");
    fs::write(root.join("protected.png"), "kept").expect("a file");
    fs::set_permissions(root.join("protected.png"), Permissions::from_mode(0o444)).expect("mode");
    fs::create_dir(root.join("folder.png")).expect("a folder");
    symlink("loop.png", root.join("loop.png")).expect("a link");
    symlink("none/a.png", root.join("dangling.png")).expect("a link");
    symlink("real.jpg", root.join("link.png")).expect("a link");
    let before = below(root);
    let long = "n".repeat(300) + ".png";
    let cases = [
        ("none/a.png", "none does not exist"),
        ("none/", "none/ does not exist"),
        ("none/.", "none/. does not exist"),
        ("file/a.png", "file is not a folder"),
        ("file/", "file/ is not a folder"),
        (&long, "too long"),
        ("protected.png", "protected"),
        ("loop.png", "links"),
        ("dangling.png", "none does not exist"),
        ("link.png", "PNG"),
        ("/proc/a.png", "/proc"),
        ("a.jpg", "PNG"),
        ("a.JPEG", "PNG"),
        ("a.webp", "PNG"),
        ("a.png.gif", "PNG"),
        ("a.", "PNG"),
    ];
    for (output, words) in cases {
        for count in ["1", "2"] {
            // Numbered names differ from these, so they are valid.
            if count == "2"
                && ["protected.png", "loop.png", "dangling.png", "link.png"].contains(&output)
            {
                continue;
            }
            let mut command = generate_without_model(output);
            command.args(["--count", count]).current_dir(root);
            run(&mut command).refused(words);
            let value = run(command.arg("--json")).json();
            let code = value["error"]["code"].as_str().expect("a code").to_owned();
            assert!(code.starts_with("output."), "{output}: {code}");
            assert_eq!(below(root), before, "{output}");
        }
    }
    for file in ["file", "protected.png"] {
        assert_eq!(fs::read(root.join(file)).expect("a file"), b"kept");
    }
}

#[test]
fn a_name_that_is_too_long_with_its_number_is_refused() {
    let folder = folder();
    let name = "n".repeat(251) + ".png";
    run(generate(&name).current_dir(folder.path())).succeeded();
    let mut command = generate_without_model(&name);
    run(command.args(["--count", "2"]).current_dir(folder.path())).refused("too long");
}

#[test]
fn an_output_that_is_a_folder_receives_the_pictures() {
    let folder = folder();
    let root = folder.path();
    fs::create_dir(root.join("out")).expect("a folder");
    symlink("out", root.join("link")).expect("a link");
    for (output, count, expected) in [
        ("out", "1", &["image2.png"][..]),
        ("out/", "2", &["image2-1.png", "image2-2.png"]),
        ("out/.", "1", &["image2.png"]),
        ("link", "1", &["image2.png"]),
        ("out/../out", "1", &["image2.png"]),
    ] {
        let mut command = generate(output);
        let ended = run(command.args(["--count", count]).current_dir(root)).succeeded();
        assert_eq!(below(&root.join("out")), expected.map_paths(), "{output}");
        for name in expected {
            assert!(ended.text().contains(name), "{ended}");
            assert!(is_picture(root.join("out").join(name)));
            fs::remove_file(root.join("out").join(name)).expect("a file");
        }
        assert_eq!(below(root), ["link", "out"].map_paths());
    }
}

#[test]
fn a_name_may_have_any_case_of_the_ending_or_none() {
    let folder = folder();
    for name in ["a.PNG", "b", ".hidden", "c.d.png", "-e.png"] {
        let path = folder.path().join(name);
        run(&mut generate(&path)).succeeded();
        assert!(is_picture(path), "{name}");
    }
    assert_eq!(below(folder.path()).len(), 5);
}

#[test]
fn an_invalid_output_of_a_list_is_refused_with_its_line() {
    let folder = folder();
    let root = folder.path();
    let out = root.join("out");
    fs::create_dir_all(out.join("folder.png")).expect("a folder");
    let long = "n".repeat(300) + ".png";
    for name in [
        "a.jpg",
        "folder.png",
        "sub/",
        "sub/a.png",
        "..",
        ".",
        "",
        "/a.png",
        "nul\\u0000.png",
        &long,
    ] {
        let line =
            |name: &str| format!(r#"{{"prompt": "a cat", "size": "64x64", "output": "{name}"}}"#);
        let list = list(root, &[&line("fine.png"), &line(name)]);
        let mut command = generate_list(&list, &out);
        command.args(["--model", "/nonexistent"]);
        run(&mut command).refused("line 2 of");
        assert_eq!(below(&out), ["folder.png"].map_paths(), "{name}");
    }
}

#[test]
fn the_folder_of_a_list_is_created_and_removed_again_on_failure() {
    let folder = folder();
    let root = folder.path();
    let list = list(
        root,
        &[r#"{"prompt": "a cat", "size": "64x64", "output": "cat.png"}"#],
    );
    let out = root.join("deep/er/out");
    let mut command = generate_list(&list, &out);
    run(command.args(["--model", "/nonexistent"])).refused("manifest.json");
    assert_eq!(below(root), ["list.jsonl"].map_paths());
    run(&mut generate_list(&list, &out)).succeeded();
    assert!(is_picture(out.join("cat.png")));

    let mut command = generate_list(&list, &list);
    run(command.args(["--model", "/nonexistent"])).refused("is not a folder");
    let mut command = generate_list(&list, list.join("out"));
    run(command.args(["--model", "/nonexistent"])).refused("");
    // The default is the current folder.
    let here = root.join("here");
    fs::create_dir(&here).expect("a folder");
    let mut command = image2(["generate", "--device", "cpu", "--steps", "2"]);
    run(command.arg("--prompts").arg(&list).current_dir(&here)).succeeded();
    assert_eq!(below(&here), ["cat.png"].map_paths());
}
