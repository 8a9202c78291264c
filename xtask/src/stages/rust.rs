//! The stages that cargo runs: formatting, lints, documentation and native tests.

use crate::cargo;
use crate::setup::{self, TARGET};
use anyhow::Result;

/// The crates that are compiled for the browser.
const FOR_THE_BROWSER: [&str; 4] = ["--package", "image2-app", "--package", "image2-worker"];

const DENY_WARNINGS: [&str; 3] = ["--", "-D", "warnings"];

pub fn fmt() -> Result<()> {
    cargo::command(["fmt", "--all", "--check"]).run()
}

pub fn clippy() -> Result<()> {
    cargo::command(["clippy", "--workspace", "--all-targets"])
        .args(DENY_WARNINGS)
        .run()
}

/// Checks the worker with both of its features; the builds of stage `build` have one each.
pub fn clippy_wasm() -> Result<()> {
    cargo::command(["clippy", "--target", TARGET])
        .args(FOR_THE_BROWSER)
        .args(DENY_WARNINGS)
        .run()
}

/// Builds the documentation of all crates, and of those for the browser also for their target:
/// code behind `cfg(target_arch)` has links, too.
pub fn docs() -> Result<()> {
    let doc = || {
        cargo::command(["doc", "--no-deps", "--document-private-items"])
            .env("RUSTDOCFLAGS", "-D warnings")
    };
    doc().arg("--workspace").run()?;
    doc().args(["--target", TARGET]).args(FOR_THE_BROWSER).run()
}

pub fn tests() -> Result<()> {
    let mut tests = cargo::command(["test", "--workspace"]);
    // The same driver on every machine, unless the user chose one.
    let chosen = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    if let (Some(driver), false) = (setup::vulkan()?, chosen) {
        // Older Vulkan loaders read only the second variable.
        tests = tests
            .env("VK_DRIVER_FILES", &driver)
            .env("VK_ICD_FILENAMES", driver);
    }
    tests.run()
}
