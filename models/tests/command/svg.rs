//! Drawings in flat looks as SVG.

use std::fs;

use crate::support::{below, image2, run, tiny};

/// Draws with the tiny package on the processor, with few steps.
fn draw(prompt: &str) -> std::process::Command {
    let mut command = image2([
        "generate", prompt, "--device", "cpu", "--size", "64", "--seed", "1",
    ]);
    command.env("IMAGE2_MODEL", tiny());
    command
}

#[test]
fn a_flat_look_is_written_with_ground_and_mark() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.svg");
    run(draw("flat red cat")
        .args(["--ground", "mint", "-o"])
        .arg(&path))
    .succeeded();
    let svg = fs::read_to_string(&path).expect("text");
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains(r#"width="64" height="64" viewBox="0 0 1024 1024""#));
    assert!(svg.contains(r##"fill="#bceed6""##), "the ground");
    assert!(svg.contains("trainedAlgorithmicMedia") && svg.contains("flat red cat"));
    let mut private = draw("flat red cat");
    run(private.args(["--no-parameters", "-o"]).arg(&path)).succeeded();
    let svg = fs::read_to_string(&path).expect("text");
    assert!(!svg.contains("red cat") && svg.contains("trainedAlgorithmicMedia"));
}

#[test]
fn other_looks_are_refused_before_anything_is_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    for (prompt, look) in [("3d red cat", "3d"), ("red cat", "3d")] {
        let mut command = draw(prompt);
        command
            .args(["--json", "-o", "a.svg"])
            .current_dir(folder.path());
        let value = run(&mut command).json();
        assert_eq!(value["error"]["code"], "output.look");
        assert_eq!(value["error"]["arguments"]["look"], look);
        assert!(below(folder.path()).is_empty());
    }
    let refused = run(draw("flat cat").args(["-o", "a.jpg"])).refused(".png or .svg");
    assert!(refused.out.is_empty());
}
