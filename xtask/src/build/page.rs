//! The interface, by Trunk.

use super::{Flavour, KEEP_FEATURES};
use crate::setup::Tools;
use crate::{paths, shell};
use anyhow::{Result, ensure};
use std::path::Path;

pub fn build(flavour: Flavour, tools: &Tools, staging: &Path) -> Result<()> {
    let app = paths::root().join("app");
    // Trunk's own settings, wherever the app keeps them.
    let folder = if app.join("Trunk.toml").is_file() {
        app
    } else {
        paths::root().to_owned()
    };
    ensure!(
        folder.join("Trunk.toml").is_file() || folder.join("index.html").is_file(),
        "there is no Trunk.toml in app/ or in the workspace's root"
    );
    shell::program(&tools.trunk)
        .args([
            "build",
            "--skip-version-check",
            "--release",
            "--public-url",
            "/",
        ])
        .args(["--cargo-profile", flavour.profile("page")])
        .arg("--dist")
        .arg(staging)
        .in_dir(folder)
        // Trunk takes the wasm-bindgen that it finds, and would download one if it found none.
        .with_path(&tools.folders())?
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            format!("-C {KEEP_FEATURES}"),
        )
        .without("RUSTFLAGS")
        .without("CARGO_ENCODED_RUSTFLAGS")
        // Two of the variables that Trunk reads as flags; some systems set them to other values.
        .without("NO_COLOR")
        .without("TRUNK_BUILD_DIST")
        .run()
}
