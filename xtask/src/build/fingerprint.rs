//! Decides quickly whether `dist/` is up to date.
//!
//! Cargo skips compilation when nothing changed, but Trunk, wasm-bindgen and compression would
//! still take half a minute. A hash over the sources avoids that. It leaves out folders that do not
//! affect `dist/`; a folder missing from that list costs an unnecessary build, never a stale one.

use super::Flavour;
use crate::setup::Tools;
use crate::{files, paths};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Paths relative to the workspace's root that do not affect `dist/`.
const NOT_IN_DIST: [&str; 16] = [
    ".ci",
    ".git",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "README.md",
    "assets",
    "bench",
    "carry",
    "dist",
    "models/training",
    "models/weights/README.md",
    "models/weights/image2-mini",
    "server",
    "target",
    "test-results",
    "tests",
];

/// Names that are left out in every folder.
const NEVER: [&str; 3] = ["node_modules", "__pycache__", ".venv"];

/// The hash of everything that a build with `flavour` and `tools` depends on.
pub fn of_sources(flavour: Flavour, tools: &Tools) -> Result<String> {
    let root = paths::root();
    let skip = |path: &Path| {
        NOT_IN_DIST.iter().any(|name| path == Path::new(name))
            || NEVER.iter().any(|name| path.ends_with(name))
    };
    let sources = files::hash_files(root, &files::walk(root, &skip)?)?;
    Ok(format!("{sources} {flavour:?} {}", tools.versions()))
}

/// Whether `dist/` was built from the sources with this hash and is unchanged since.
pub fn is_current(wanted: &str) -> Result<bool> {
    let Ok(recorded) = std::fs::read_to_string(record_file()) else {
        return Ok(false);
    };
    Ok(paths::dist().is_dir() && recorded == full_record(wanted)?)
}

/// Records that `dist/` was built from the sources with this hash.
pub fn record(wanted: &str) -> Result<()> {
    files::write(&record_file(), full_record(wanted)?)
}

fn full_record(wanted: &str) -> Result<String> {
    let dist = paths::dist();
    let made = files::hash_files(&dist, &files::walk(&dist, &files::everything)?)?;
    Ok(format!("{wanted}\n{made}\n"))
}

fn record_file() -> PathBuf {
    paths::scratch().join("dist.fingerprint")
}
