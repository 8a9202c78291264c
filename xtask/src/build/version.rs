//! Identifies the build, so that an open page can notice that a newer one has been deployed.
//!
//! The digest of everything in `dist/` is written to two places: `<meta name="image2-build">` in
//! `index.html`, which an open page keeps, and `version.json`, which the page fetches again. The
//! name of `version.json` has no hash, so a server lets browsers revalidate it on every request.

use super::html;
use crate::files;
use anyhow::Result;
use std::path::Path;

/// Computes the digest of the finished but uncompressed `staging` and writes it to both places.
pub fn write(staging: &Path) -> Result<()> {
    let build = digest(staging)?;
    html::add_meta(staging, "image2-build", &build)?;
    let version = serde_json::json!({ "build": build });
    files::write(&staging.join("version.json"), version.to_string())
}

/// The first 16 hex digits of the SHA-256 over all names and contents.
fn digest(folder: &Path) -> Result<String> {
    let all = files::walk(folder, &files::everything)?;
    let mut digest = files::hash_files(folder, &all)?;
    digest.truncate(16);
    Ok(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn staging(name: &str, worker: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("image2-{name}-{}", std::process::id()));
        files::fresh_folder(&folder).expect("creates a folder");
        files::write(&folder.join("index.html"), "<head></head>").expect("writes");
        files::write(&folder.join("worker/gpu-0.js"), worker).expect("writes");
        folder
    }

    fn build_of(folder: &Path) -> String {
        let text = files::read_text(&folder.join("version.json")).expect("reads");
        let version: serde_json::Value = serde_json::from_str(&text).expect("is JSON");
        version["build"].as_str().expect("a string").to_owned()
    }

    #[test]
    fn page_and_version_file_hold_the_same_digest() {
        let folder = staging("version", "1");
        write(&folder).expect("writes");
        let page = files::read_text(&folder.join("index.html")).expect("reads");
        let build = build_of(&folder);
        assert_eq!(build.len(), 16, "{build}");
        let meta = format!(r#"<meta name="image2-build" content="{build}">"#);
        assert!(page.contains(&meta), "{page}");
        files::remove_folder(&folder).expect("removes");
    }

    #[test]
    fn the_digest_depends_on_every_file_and_on_nothing_else() {
        let folders = [
            staging("version-a", "1"),
            staging("version-b", "1"),
            staging("version-c", "2"),
        ];
        for folder in &folders {
            write(folder).expect("writes");
        }
        let [a, b, c] = folders.each_ref().map(|folder| build_of(folder));
        assert_eq!(a, b);
        assert_ne!(a, c);
        for folder in &folders {
            files::remove_folder(folder).expect("removes");
        }
    }
}
