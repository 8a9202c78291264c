//! The spell checker: its Python wheel carries the binary, which spares compiling it.

use crate::{paths, shell};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

const VERSION: &str = "1.52.0";

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
        // Its wheel carries the binary. Where there is no Python, compiling takes some minutes.
        by_pip(&folder).or_else(|error| {
            println!("  {error:#}; compiling it instead");
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
    shell::cargo(["install", "--locked", "--root"])
        .arg(folder)
        .arg(format!("typos-cli@{VERSION}"))
        .run()
}

fn is_version(file: &Path) -> bool {
    let said = shell::program(file)
        .arg("--version")
        .read()
        .unwrap_or_default();
    said.split_whitespace().last() == Some(VERSION)
}
