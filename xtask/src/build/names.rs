//! Names files by their content, so that a server may let browsers keep them for ever.
//!
//! Trunk's own hashes do not serve: its JavaScript is named by the hash of the wasm, so a change of
//! the glue alone would keep its old name.

use super::write_hashed;
use crate::files;
use anyhow::Result;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// Renames each script, style and wasm in `staging` that `index.html` refers to.
pub fn by_content(staging: &Path) -> Result<()> {
    let index = staging.join("index.html");
    let mut page = files::read_text(&index)?;
    let found: BTreeSet<_> = fs::read_dir(staging)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    for path in found {
        let part = |part: Option<&OsStr>| part.and_then(OsStr::to_str).map(str::to_owned);
        let (Some(stem), Some(extension)) = (part(path.file_stem()), part(path.extension())) else {
            continue;
        };
        let reference = format!("\"/{stem}.{extension}\"");
        if !["css", "js", "wasm"].contains(&&*extension) || !page.contains(&reference) {
            continue;
        }
        let bytes = fs::read(&path)?;
        fs::remove_file(&path)?;
        let name = write_hashed(staging, &stem, &extension, &bytes)?;
        page = page.replace(&reference, &format!("\"/{name}\""));
    }
    files::write(&index, page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_refers_to_is_named_by_its_content() {
        let folder = std::env::temp_dir().join(format!("image2-names-{}", std::process::id()));
        let build = |script: &str| {
            files::fresh_folder(&folder).expect("creates a folder");
            let page =
                r#"<link href="/base.css"><meta content="/app.js"><meta content="/app_bg.wasm">"#;
            for (name, content) in [
                ("index.html", page),
                ("base.css", "p{}"),
                ("app.js", script),
                ("app_bg.wasm", "\0asm"),
                ("icon.svg", "<svg/>"),
            ] {
                files::write(&folder.join(name), content).expect("writes");
            }
            by_content(&folder).expect("renames");
            files::read_text(&folder.join("index.html")).expect("reads")
        };
        let page = build("one()");
        let names: Vec<&str> = page.split('"').skip(1).step_by(2).collect();
        assert_eq!(names.len(), 3);
        for name in &names {
            let bytes = fs::read(folder.join(name.trim_start_matches('/'))).expect("is there");
            assert!(name.contains(&files::short_hash(&bytes)), "{name}");
        }
        assert!(folder.join("icon.svg").exists());
        assert!(!folder.join("app.js").exists());
        // The glue alone changes: so does its name, and only that.
        let other = build("two()");
        let others: Vec<&str> = other.split('"').skip(1).step_by(2).collect();
        assert_eq!((names[0], names[2]), (others[0], others[2]));
        assert_ne!(names[1], others[1]);
        files::remove_folder(&folder).expect("removes");
    }
}
