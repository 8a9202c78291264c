//! Trunk and wasm-bindgen's command, compiled from the registry at pinned versions.
//!
//! wasm-bindgen's command and library must have exactly the same version. The pin is therefore
//! compared with `Cargo.lock` before ten minutes of compilation start.

use crate::{cargo, files, paths, shell};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};

/// A binary, the crate that provides it, and the version that this workspace is built with.
struct Pin {
    binary: &'static str,
    package: &'static str,
    version: &'static str,
}

const WASM_BINDGEN: Pin = Pin {
    binary: "wasm-bindgen",
    package: "wasm-bindgen-cli",
    version: "0.2.130",
};
const TRUNK: Pin = Pin {
    binary: "trunk",
    package: "trunk",
    version: "0.21.14",
};

/// The files of the build's tools, in their pinned versions.
pub struct Tools {
    pub wasm_bindgen: PathBuf,
    pub trunk: PathBuf,
}

impl Tools {
    /// Their folders, for a child's `PATH`.
    pub fn folders(&self) -> Vec<PathBuf> {
        let files = [&self.wasm_bindgen, &self.trunk];
        files
            .into_iter()
            .filter_map(|file| file.parent())
            .map(Path::to_owned)
            .collect()
    }

    /// The versions of tools and compiler, as part of a build's fingerprint.
    pub fn versions(&self) -> String {
        let rustc = shell::program("rustc")
            .arg("--version")
            .read()
            .unwrap_or_default();
        format!(
            "{} {} {}",
            WASM_BINDGEN.version,
            TRUNK.version,
            rustc.trim()
        )
    }
}

/// Installs missing tools and returns the files of all.
pub fn ensure_installed() -> Result<Tools> {
    matches_lock_file()?;
    let missing: Vec<&Pin> = [&WASM_BINDGEN, &TRUNK]
        .into_iter()
        .filter(|pin| locate(pin).is_none())
        .collect();
    if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|pin| pin.package).collect();
        let what = format!(
            "install {} (once; about ten minutes on two cores)",
            names.join(", ")
        );
        shell::timed(&what, || install(&missing))?;
    }
    let found = |pin| locate(pin).with_context(|| format!("{} did not install", pin.package));
    Ok(Tools {
        wasm_bindgen: found(&WASM_BINDGEN)?,
        trunk: found(&TRUNK)?,
    })
}

fn install(missing: &[&Pin]) -> Result<()> {
    // Outside `target/` and kept after a failure, so that the next attempt continues.
    let kept = paths::tools()?.join("building");
    let wanted = missing
        .iter()
        .map(|pin| format!("{}@{}", pin.package, pin.version));
    let command = |locked: &[&str]| -> Result<()> {
        cargo::command(["install"])
            .args(locked)
            .args(["--root".as_ref(), paths::tools()?.as_os_str()])
            .args(["--target-dir".as_ref(), kept.as_os_str()])
            // One command for all, so that shared dependencies are compiled once.
            .args(wanted.clone())
            .without("RUSTFLAGS")
            .without("CARGO_ENCODED_RUSTFLAGS")
            .run()
    };
    if let Err(error) = command(&["--locked"]) {
        // Dependencies in the tools' own lock files may have been yanked since their release.
        println!("  {error}; retrying with current versions of their dependencies");
        command(&[])?;
    }
    files::remove_folder(&kept)
}

/// The file of the pinned version, if it is installed.
fn locate(pin: &Pin) -> Option<PathBuf> {
    let own = paths::tools().ok()?.join("bin");
    let cargos = paths::cargo_home().ok()?.join("bin");
    let candidates = [
        shell::find(pin.binary),
        in_folder(&cargos, pin),
        in_folder(&own, pin),
    ];
    candidates
        .into_iter()
        .flatten()
        .find(|file| is_version(file, pin.version))
}

fn in_folder(folder: &Path, pin: &Pin) -> Option<PathBuf> {
    let file = folder.join(format!("{}{}", pin.binary, std::env::consts::EXE_SUFFIX));
    file.is_file().then_some(file)
}

fn is_version(file: &Path, version: &str) -> bool {
    let output = shell::program(file)
        .arg("--version")
        .read()
        .unwrap_or_default();
    output.split_whitespace().nth(1) == Some(version)
}

/// Fails unless the library's version in `Cargo.lock` is the command's.
fn matches_lock_file() -> Result<()> {
    let lock = paths::root().join("Cargo.lock");
    if !lock.exists() {
        cargo::command(["generate-lockfile"]).run()?;
    }
    let text = files::read_text(&lock)?;
    for version in locked_versions(&text, "wasm-bindgen") {
        ensure!(
            version == WASM_BINDGEN.version,
            "Cargo.lock has wasm-bindgen {version}, but xtask pins its command at {}: change \
             xtask/src/setup/cargo_tools.rs and Cargo.toml together",
            WASM_BINDGEN.version
        );
    }
    Ok(())
}

fn locked_versions<'a>(lock: &'a str, package: &str) -> Vec<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    let mut versions = Vec::new();
    while lines.any(|line| line == name) {
        let version = lines
            .next()
            .and_then(|line| line.strip_prefix("version = \""));
        versions.extend(version.map(|text| text.trim_end_matches('"')));
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_locked_version_of_a_package_is_found() {
        let lock = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.9\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.2\"\n";
        assert_eq!(locked_versions(lock, "wasm-bindgen"), ["0.2.1", "0.2.2"]);
        assert!(locked_versions(lock, "trunk").is_empty());
    }

    #[test]
    fn the_pinned_version_is_the_manifests() {
        let manifest = files::read_text(&paths::root().join("Cargo.toml")).expect("reads");
        assert!(manifest.contains(&format!("wasm-bindgen = \"={}\"", WASM_BINDGEN.version)));
    }
}
