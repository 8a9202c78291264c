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
    let how = format!("install it: cargo install typos-cli@{VERSION}");
    shell::timed("install the spell checker typos", || {
        let python = shell::find("python3")
            .or_else(|| shell::find("python"))
            .with_context(|| format!("there is no Python to install typos by pip; {how}"))?;
        shell::program(python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--upgrade",
                "--target",
            ])
            .arg(&folder)
            .arg(format!("typos=={VERSION}"))
            .env("PIP_ROOT_USER_ACTION", "ignore")
            .run()
            .with_context(|| format!("pip did not install typos; {how}"))
    })?;
    is_version(&own)
        .then_some(own)
        .with_context(|| format!("typos did not install; {how}"))
}

fn is_version(file: &Path) -> bool {
    let said = shell::program(file)
        .arg("--version")
        .read()
        .unwrap_or_default();
    said.split_whitespace().last() == Some(VERSION)
}
