//! Tells in a moment whether `dist/` is what a build would make.
//!
//! Cargo knows whether to compile, but Trunk, wasm-bindgen and compression would still take
//! their half minute. So all sources are hashed, but for a few folders that no wasm is made of:
//! a folder that this list forgets costs a needless build, never a stale one.

use super::Flavour;
use crate::setup::Tools;
use crate::{files, paths};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Relative to the workspace's root.
const NOT_IN_THE_PAGE: [&str; 13] = [
    ".ci",
    ".git",
    "CHANGELOG.md",
    "README.md",
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

/// In any folder.
const NEVER: [&str; 3] = ["node_modules", "__pycache__", ".venv"];

pub fn of_sources(flavour: Flavour, tools: &Tools) -> Result<String> {
    let root = paths::root();
    let skip = |path: &Path| {
        NOT_IN_THE_PAGE.iter().any(|name| path == Path::new(name))
            || NEVER.iter().any(|name| path.ends_with(name))
    };
    let sources = files::hash_files(root, &files::walk(root, &skip)?)?;
    Ok(format!("{sources} {flavour:?} {}", tools.versions()))
}

/// True where `dist/` was built from these sources and nobody touched it since.
pub fn stands(wanted: &str) -> Result<bool> {
    let Ok(recorded) = std::fs::read_to_string(record_file()) else {
        return Ok(false);
    };
    Ok(paths::dist().is_dir() && recorded == full_record(wanted)?)
}

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
