//! Where pictures go is settled before anything is computed, and what is in the way stays whole.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use crate::support::{
    SMALL, below, generate, generate_list, generate_without_model, image2, is_picture, list, run,
    weights,
};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn what_cannot_be_written_is_refused_before_the_model_is_loaded() {
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
            // Two pictures have other names than one: theirs exist nowhere.
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
fn a_name_that_only_numbers_make_too_long_is_refused_as_well() {
    let folder = folder();
    let name = "n".repeat(251) + ".png";
    run(generate(&name).current_dir(folder.path())).succeeded();
    let mut command = generate_without_model(&name);
    run(command.args(["--count", "2"]).current_dir(folder.path())).refused("too long");
}

#[test]
fn pictures_for_a_folder_lie_in_it() {
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

trait MapPaths {
    fn map_paths(&self) -> Vec<PathBuf>;
}

impl MapPaths for [&str] {
    fn map_paths(&self) -> Vec<PathBuf> {
        self.iter().map(PathBuf::from).collect()
    }
}

#[test]
fn any_case_of_the_ending_and_no_ending_are_written_as_given() {
    let folder = folder();
    for name in ["a.PNG", "b", ".hidden", "c.d.png", "-e.png"] {
        let path = folder.path().join(name);
        run(&mut generate(&path)).succeeded();
        assert!(is_picture(path), "{name}");
    }
    assert_eq!(below(folder.path()).len(), 5);
}

#[test]
fn a_link_stays_and_its_target_is_written() {
    let folder = folder();
    let root = folder.path();
    fs::create_dir(root.join("far")).expect("a folder");
    fs::write(root.join("far/old.png"), "old").expect("a file");
    for (link, target) in [
        ("one.png", "far/old.png"),
        ("two.png", "far/new.png"),
        ("three.png", "two.png"),
    ] {
        symlink(target, root.join(link)).expect("a link");
        run(generate(link).current_dir(root)).succeeded();
        assert!(root.join(link).is_symlink());
        assert!(is_picture(root.join(link)));
    }
    assert_eq!(
        below(root),
        [
            "far",
            "far/new.png",
            "far/old.png",
            "one.png",
            "three.png",
            "two.png"
        ]
        .map_paths()
    );
}

#[test]
fn a_new_file_has_the_mode_of_any_other_and_a_replaced_one_keeps_its_own() {
    let folder = folder();
    for (mask, old, expected) in [
        ("022", None, 0o644),
        ("027", None, 0o640),
        ("077", None, 0o600),
        ("022", Some(0o600), 0o600),
        ("077", Some(0o664), 0o664),
    ] {
        let path = folder.path().join(format!("{mask}-{expected:o}.png"));
        if let Some(mode) = old {
            fs::write(&path, "old").expect("a file");
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("mode");
        }
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!(r#"umask {mask}; exec "$@""#), "sh"])
            .arg(env!("CARGO_BIN_EXE_image2"))
            .args(generate(&path).get_args())
            .env("IMAGE2_MODEL", weights());
        run(&mut shell).succeeded();
        assert!(is_picture(&path));
        assert_eq!(
            fs::metadata(&path).expect("data").mode() & 0o7777,
            expected,
            "umask {mask}"
        );
    }
}

#[test]
fn files_beside_the_picture_keep_their_names_and_content() {
    let folder = folder();
    let names = ["a.png.part", "a.png.tmp", "a.png~", ".a.png.swp", "a.part"];
    for name in names {
        fs::write(folder.path().join(name), "another's").expect("a file");
    }
    run(generate("a.png").current_dir(folder.path())).succeeded();
    for name in names {
        assert_eq!(
            fs::read(folder.path().join(name)).expect(name),
            b"another's"
        );
    }
    assert_eq!(below(folder.path()).len(), 6);
}

/// A command whose files may hold 512 or 1024 bytes, as on a disk that is nearly full.
pub fn on_a_full_disk(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", r#"trap "" XFSZ; ulimit -f 1; exec "$@""#, "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .env("IMAGE2_MODEL", weights());
    shell
}

#[test]
fn a_full_disk_leaves_nothing_behind_and_what_was_there_before() {
    let folder = folder();
    let path = folder.path().join("a.png");
    run(&mut on_a_full_disk(&generate(&path))).refused("cannot write");
    assert!(below(folder.path()).is_empty());
    fs::write(&path, "old").expect("a file");
    let value = run(on_a_full_disk(&generate(&path)).arg("--json"));
    assert_eq!(value.json()["error"]["code"], "output.unwritable");
    assert_eq!(fs::read(&path).expect("a file"), b"old");
    assert_eq!(below(folder.path()), ["a.png"].map_paths());
}

/// The second of two lines that name one file, in every way that a folder allows.
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
        assert_eq!(
            run(command.arg("--json")).json()["error"]["code"],
            "output.twice"
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
    // A file of the model, by a name that has no ending.
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

#[test]
fn a_line_that_cannot_be_written_is_named_before_the_first_picture() {
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
fn the_folder_of_a_list_is_made_and_goes_again_where_no_picture_came() {
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
    // Without a folder of their own they lie where the command runs.
    let here = root.join("here");
    fs::create_dir(&here).expect("a folder");
    let mut command = image2(["generate", "--device", "cpu", "--steps", "2"]);
    run(command.arg("--prompts").arg(&list).current_dir(&here)).succeeded();
    assert_eq!(below(&here), ["cat.png"].map_paths());
}

#[test]
fn a_picture_for_the_current_folder_replaces_the_old_one_whole() {
    let folder = folder();
    let root = folder.path();
    let draw = |prompt: &str| {
        let mut command = image2(["generate", prompt]);
        run(command.args(SMALL).current_dir(root)).succeeded();
    };
    draw("a red apple");
    assert_eq!(below(root), ["image2.png"].map_paths());
    fs::hard_link(root.join("image2.png"), root.join("other.png")).expect("a link");
    let before = fs::read(root.join("other.png")).expect("a file");
    draw("a green apple");
    assert_eq!(fs::read(root.join("other.png")).expect("a file"), before);
    assert_ne!(fs::read(root.join("image2.png")).expect("a file"), before);
    assert_eq!(below(root).len(), 2);
}
