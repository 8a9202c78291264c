//! Pictures are created or replaced in one step, and nothing else changes.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Command;

use crate::support::{
    MapPaths, SMALL, below, generate, image2, is_picture, on_a_full_disk, run, weights,
};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
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
fn a_new_file_has_the_default_mode_and_a_replaced_file_keeps_its_mode() {
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
fn no_other_file_is_touched() {
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

#[test]
fn a_full_disk_leaves_no_partial_file_and_keeps_the_old_one() {
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

#[test]
fn an_existing_file_is_replaced_by_a_new_one() {
    let folder = folder();
    let root = folder.path();
    let draw = |prompt: &str| {
        let mut command = image2(["generate", prompt]);
        let ended = run(command.args(SMALL).current_dir(root)).succeeded();
        assert!(ended.text().starts_with("image2.png (seed 7"), "{ended}");
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
