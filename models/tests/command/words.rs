//! Words that the model does not read or does not know are reported.

use std::fs;

use serde_json::json;

use crate::support::{SMALL, generate_list, image2, list, run};

const HEAD: &str =
    "a flat red car on a sky blue background with a star and a moon and a tree and a cup";
const END: &str = "and a house, and at the very end a yellow banana";

#[test]
fn words_beyond_the_models_length_are_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let draw = |prompt: &str, more: &[&str]| {
        let mut command = image2(["generate", prompt, "--no-parameters"]);
        command.args(SMALL).args(more).current_dir(folder.path());
        run(&mut command).succeeded()
    };
    let long = format!("{HEAD} and a fish and a bird {END}");
    let text = draw(&long, &[]).text();
    let line = text
        .lines()
        .find(|line| line.contains("not read"))
        .expect("a line about them");
    assert!(
        line.contains("24 tokens") && line.ends_with("very end a yellow banana"),
        "{line}"
    );

    let value = draw(&long, &["--json", "--count", "2"]).json();
    for picture in value["pictures"].as_array().expect("pictures") {
        let unread = picture["unread_words"].as_array().expect("words");
        assert_eq!(unread.last(), Some(&json!("banana")), "{picture}");
        assert_eq!(picture["unknown_words"], json!([]));
        // Removing exactly the reported words does not change the picture.
        let count = long.split_whitespace().count() - unread.len();
        let read: Vec<_> = long.split_whitespace().take(count).collect();
        fs::rename(
            folder.path().join("image2-1.png"),
            folder.path().join("long.png"),
        )
        .ok();
        assert!(draw(&read.join(" "), &[]).text().lines().count() == 1);
        let same = |name| fs::read(folder.path().join(name)).expect("a file");
        assert!(same("image2.png") == same("long.png"));
    }

    let text = draw("a red apple", &[]).text();
    assert_eq!(text.lines().count(), 1, "{text}");
    let value = draw("a red apple", &["--json"]).json();
    assert_eq!(value["pictures"][0]["unread_words"], json!([]));
    assert_eq!(value["pictures"][0]["unknown_words"], json!([]));
}

#[test]
fn words_that_the_model_does_not_know_are_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = image2(["generate", "a red 苹果"]);
    command.args(SMALL).current_dir(folder.path());
    let text = run(&mut command).succeeded().text();
    assert!(text.contains("does not know: 苹果"), "{text}");
    let value = run(command.arg("--json")).succeeded().json();
    assert_eq!(value["pictures"][0]["unknown_words"], json!(["苹果"]));
    assert_eq!(value["unknown_words"], json!(["苹果"]));
}

#[test]
fn each_prompt_of_a_list_has_its_own_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = |prompt: &str, name| {
        format!(r#"{{"prompt": "{prompt}", "size": "64x64", "output": "{name}.png"}}"#)
    };
    let long = format!("{HEAD} {HEAD} {END}");
    let lines = [
        line("a red apple", "one"),
        line(&long, "two"),
        line("a 苹果", "three"),
    ];
    let list = list(folder.path(), &lines.each_ref().map(String::as_str));
    let text = run(&mut generate_list(&list, folder.path()))
        .succeeded()
        .text();
    let about = |name: &str, words: &str| {
        text.lines()
            .any(|line| line.contains(name) && line.contains(words))
    };
    assert!(
        about("two.png", "not read") && about("three.png", "does not know: 苹果"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 5, "{text}");
    let value = run(generate_list(&list, folder.path()).arg("--json"))
        .succeeded()
        .json();
    let words: Vec<[usize; 2]> = value["pictures"]
        .as_array()
        .expect("pictures")
        .iter()
        .map(|it| ["unread_words", "unknown_words"].map(|key| it[key].as_array().expect(key).len()))
        .collect();
    assert!(
        matches!(words[..], [[0, 0], [1..99, 0], [0, 1]]),
        "{words:?}"
    );
    assert_eq!(value["unknown_words"], json!(["苹果"]));
}
