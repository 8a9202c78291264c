//! The spell checker. Its Python wheel contains the binary, so pip installs it without compiling.

use crate::{cargo, paths, shell};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

const VERSION: &str = "1.52.0";

/// Installs the spell checker if it is missing and returns its file.
pub fn ensure_installed() -> Result<PathBuf> {
    let folder = paths::tools()?.join(format!("typos-{VERSION}"));
    let own = folder
        .join("bin")
        .join(format!("typos{}", std::env::consts::EXE_SUFFIX));
    let installed = [shell::find("typos"), Some(own.clone())];
    if let Some(file) = installed
        .into_iter()
        .flatten()
        .find(|file| is_version(file))
    {
        return Ok(file);
    }
    shell::timed("install the spell checker typos", || {
        by_pip(&folder).or_else(|error| {
            println!("  {error:#}; compiling it instead, which takes some minutes");
            by_cargo(&folder)
        })
    })?;
    is_version(&own).then_some(own).with_context(|| {
        format!("typos did not install; install it: cargo install typos-cli@{VERSION}")
    })
}

fn by_pip(folder: &Path) -> Result<()> {
    let python = shell::find("python3").or_else(|| shell::find("python"));
    shell::program(python.context("there is no Python to install typos by pip")?)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--upgrade",
            "--target",
        ])
        .arg(folder)
        .arg(format!("typos=={VERSION}"))
        .env("PIP_ROOT_USER_ACTION", "ignore")
        .run()
}

fn by_cargo(folder: &Path) -> Result<()> {
    cargo::command(["install", "--locked", "--root"])
        .arg(folder)
        .arg(format!("typos-cli@{VERSION}"))
        .run()
}

fn is_version(file: &Path) -> bool {
    let output = shell::program(file)
        .arg("--version")
        .read()
        .unwrap_or_default();
    output.split_whitespace().last() == Some(VERSION)
}
