//! Cargo itself: its command line, and the folder that it compiles into.

use crate::paths;
use crate::shell::{self, Shell};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A command line of the cargo that runs xtask.
pub fn command<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Shell {
    let name = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // Build scripts and tools read these; inherited, they would describe xtask.
    let inherited = [
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_PKG_NAME",
    ];
    inherited
        .iter()
        .fold(shell::program(name), |shell, name| shell.without(name))
        .args(args)
}

/// The target folder, wherever configuration or environment puts it.
pub fn target() -> &'static Path {
    static TARGET: OnceLock<PathBuf> = OnceLock::new();
    TARGET.get_or_init(|| {
        let metadata = command(["metadata", "--no-deps", "--format-version", "1"])
            .read()
            .ok()
            .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
        match metadata
            .as_ref()
            .and_then(|value| value["target_directory"].as_str())
        {
            Some(folder) => PathBuf::from(folder),
            None => paths::root().join("target"),
        }
    })
}
