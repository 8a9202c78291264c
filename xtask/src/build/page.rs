//! Builds the page with Trunk.

use super::{Flavour, KEEP_FEATURES};
use crate::setup::Tools;
use crate::shell;
use anyhow::Result;
use std::path::Path;

/// Builds the page into `staging`, with the settings of `Trunk.toml`.
pub fn build(flavour: Flavour, tools: &Tools, staging: &Path) -> Result<()> {
    shell::program(&tools.trunk)
        .args(["build", "--skip-version-check", "--release"])
        .args(["--cargo-profile", flavour.profile("page")])
        .arg("--dist")
        .arg(staging)
        // Trunk uses the wasm-bindgen on the PATH; without one it would download a copy.
        .with_path(&tools.folders())?
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            format!("-C {KEEP_FEATURES}"),
        )
        .without("RUSTFLAGS")
        .without("CARGO_ENCODED_RUSTFLAGS")
        // Trunk reads these variables as flags and rejects values that other programs accept.
        .without("NO_COLOR")
        .without("TRUNK_BUILD_DIST")
        .run()
}
