//! The stages that build the product and run it in a browser.

use crate::build::{self, Flavour};
use crate::{cargo, paths, setup, shell};
use anyhow::{Result, ensure};
use std::path::PathBuf;

/// Compiles every kernel with Dawn, whose rules are stricter than those of the native tests.
pub fn kernels() -> Result<()> {
    let folder = cargo::target().join("kernels");
    cargo::command(["run", "--quiet", "--package", "image2-shaders"])
        .args(["--example", "kernels", "--"])
        .arg(&folder)
        .run()?;
    node_tests("kernels", &[("IMAGE2_KERNELS", folder)])
}

pub fn build() -> Result<()> {
    build::everything(Flavour::Release, &setup::for_build()?)
}

pub fn sizes() -> Result<()> {
    build()?;
    build::sizes::check(&paths::dist())
}

pub fn harness() -> Result<()> {
    node_tests("unit", &[])
}

pub fn browser() -> Result<()> {
    build()?;
    let natives = build::natives()?;
    let products = [
        ("IMAGE2_SERVER", natives.server),
        ("IMAGE2_CLI", natives.cli),
        ("IMAGE2_DIST", paths::dist()),
        ("IMAGE2_MODELS", paths::models()),
        ("IMAGE2_RESULTS", paths::root().join("test-results")),
    ];
    node_tests(".", &products)
}

/// Runs `tests/browser/FOLDER/*.test.mjs` with `variables` in the environment.
fn node_tests(folder: &str, variables: &[(&str, PathBuf)]) -> Result<()> {
    let tests = paths::root().join("tests/browser");
    let mut files: Vec<_> = std::fs::read_dir(tests.join(folder))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".test.mjs"))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    files.sort();
    ensure!(
        !files.is_empty(),
        "there are no tests in tests/browser/{folder}"
    );
    let tools = setup::browser()?;
    let node = shell::program(tools.node)
        // One file at a time, because each drives a browser that uses all cores.
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .args(&files)
        .in_dir(&tests)
        .env("CHROMIUM", tools.chromium);
    variables
        .iter()
        .fold(node, |node, (name, path)| node.env(name, path))
        .run()
}
