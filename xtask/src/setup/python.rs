//! A Python that can export networks to ONNX: the system's if it has the packages, otherwise a
//! virtual environment with pinned ones. PyTorch is large, so only `bench` needs this.

use crate::{paths, shell};
use anyhow::{Context, Result};
use std::path::PathBuf;

const PACKAGES: &str = "import torch, safetensors, onnx, onnxruntime, onnxscript";

/// Installs the packages if they are missing and returns Python's file.
pub fn ensure_installed() -> Result<PathBuf> {
    let system = shell::find("python3")
        .or_else(|| shell::find("python"))
        .context("there is no Python: install Python 3.11 or newer")?;
    let own = paths::scratch().join("python");
    let python = own.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python3"
    });
    for candidate in [&system, &python] {
        if shell::program(candidate)
            .args(["-c", PACKAGES])
            .read()
            .is_ok()
        {
            return Ok(candidate.clone());
        }
    }
    shell::timed("install PyTorch and its exporter", || {
        let packages = ["bench", "models/training"];
        shell::program(&system)
            .args(["-m", "venv", "--system-site-packages"])
            .arg(&own)
            .run()?;
        let pip = shell::program(&python).args(["-m", "pip", "install", "--quiet"]);
        packages
            .into_iter()
            .fold(pip, |pip, folder| {
                pip.arg("--requirement")
                    .arg(paths::root().join(folder).join("requirements.txt"))
            })
            .run()
    })?;
    Ok(python)
}
