//! Where files live. xtask writes only to `dist/`, the target folder and, so that installed tools
//! survive `cargo clean`, a folder in Cargo's home.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The workspace's root, which is the parent of this crate's folder. Cargo's variable is read at
/// run time: the compiled-in value may name another checkout that shares the target folder.
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

/// The default model and its documents.
pub fn models() -> PathBuf {
    root().join("models/weights")
}

/// Fingerprints, staging folders and compressed copies. Always beside `dist`, even where
/// `CARGO_TARGET_DIR` points elsewhere: a rename must not cross file systems.
pub fn scratch() -> PathBuf {
    root().join("target/xtask")
}

/// Tools of pinned versions, one folder each: shared by every checkout of this user, and separate
/// from the versions that the user installed for other projects.
pub fn tools() -> Result<PathBuf> {
    Ok(cargo_home()?.join("image2-tools"))
}

/// Cargo's home, where rustup and cargo install programs.
pub fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        return Ok(PathBuf::from(home));
    }
    let home = std::env::home_dir().context("this user has no home folder; set CARGO_HOME")?;
    Ok(home.join(".cargo"))
}
