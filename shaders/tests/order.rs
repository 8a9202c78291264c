//! The modules depend on each other in one direction, in the order that `lib.rs` describes.

use std::fs;
use std::path::{Path, PathBuf};

/// Each may use only those before it.
const ORDER: [&str; 12] = [
    "ir",
    "tuning",
    "backend",
    "cpu",
    "gpu",
    "compute",
    "resident",
    "weight",
    "workspace",
    "ops",
    "graph",
    "open",
];

/// All source files below a folder but those of tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str());
        if path.is_dir() {
            if name != Some("tests") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|it| it == "rs")
            && !matches!(name, Some("lib.rs" | "tests.rs" | "testing.rs"))
        {
            found.push(path);
        }
    }
}

/// The top-level modules that a file names by `crate::`, outside of comments.
fn named(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim().starts_with("//"));
    let code: String = code.flat_map(|line| [line, "\n"]).collect();
    let after = code.split("crate::").skip(1);
    let word = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    after.map(word).collect()
}

#[test]
fn no_module_uses_a_later_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 40, "{files:?}");
    let place = |module: &str| ORDER.iter().position(|known| *known == module);
    for file in files {
        let within = file.strip_prefix(&root).expect("below the root");
        let own = within.components().next().expect("a file");
        let own = own.as_os_str().to_str().expect("a name").replace(".rs", "");
        let own = place(&own).unwrap_or_else(|| panic!("{own} has no place in the order"));
        let text = fs::read_to_string(&file).expect("a source file");
        for module in named(&text) {
            let other =
                place(&module).unwrap_or_else(|| panic!("{}: crate::{module}", within.display()));
            assert!(other <= own, "{} uses {module}", within.display());
        }
    }
}
