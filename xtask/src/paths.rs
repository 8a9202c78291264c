//! Where things lie. Everything that xtask makes is in `dist/` or under the target folder, but
//! for the tools, which a `cargo clean` shall not take away.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The workspace's root: the parent of this crate's folder. Cargo says at run time where that is;
/// what was compiled in may be another checkout's, where both share one target folder.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let folder = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        folder
            .parent()
            .expect("xtask lies in the workspace")
            .to_owned()
    })
}

/// The finished application, as the server serves it.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Fingerprints, staging folders and compressed copies. Always beside `dist`, even where
/// `CARGO_TARGET_DIR` points elsewhere: a rename must not cross file systems.
pub fn scratch() -> PathBuf {
    root().join("target/xtask")
}

/// Cargo's target folder, whatever chose it.
pub fn target() -> &'static Path {
    static TARGET: OnceLock<PathBuf> = OnceLock::new();
    TARGET.get_or_init(|| {
        let metadata = crate::shell::cargo(["metadata", "--no-deps", "--format-version", "1"])
            .read()
            .ok()
            .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
        match metadata
            .as_ref()
            .and_then(|value| value["target_directory"].as_str())
        {
            Some(folder) => PathBuf::from(folder),
            None => root().join("target"),
        }
    })
}

/// Tools of pinned versions, a folder each: per user, shared by every checkout, and apart from
/// the versions that the user installed for other projects.
pub fn tools() -> Result<PathBuf> {
    Ok(cargo_home()?.join("image2-tools"))
}

pub fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        return Ok(PathBuf::from(home));
    }
    let home = std::env::home_dir().context("this user has no home folder; set CARGO_HOME")?;
    Ok(home.join(".cargo"))
}
