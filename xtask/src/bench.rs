//! `cargo xtask bench`: the engine beside onnxruntime-web; see `bench/README.md`.

use crate::args::BenchOptions;
use crate::{build, paths, setup, shell};
use anyhow::Result;
use std::process::ExitCode;

/// Prepares what is missing, then measures.
pub fn run(options: &BenchOptions) -> Result<ExitCode> {
    let tools = setup::for_build()?;
    let (browser, python) = setup::bench()?;
    let folder = paths::target().join("bench");
    let software = options.software.then_some("--software");

    let image2 = build::command()?;
    let engine = folder.join("engine");
    shell::timed("build the engine", || {
        build::workers::for_bench(&tools, &engine)
    })?;
    shell::program(python)
        .arg(paths::root().join("bench/prepare.py"))
        .arg("--out")
        .arg(&folder)
        .arg("--image2")
        .arg(image2)
        .args(software)
        .run()?;

    let mut node = shell::program(browser.node)
        .arg(paths::root().join("bench/run.mjs"))
        .arg("--cases")
        .arg(folder.join("cases.json"))
        .arg("--engine")
        .arg(engine)
        .args(software)
        .env("CHROMIUM", browser.chromium);
    if let Some(json) = &options.json {
        node = node.arg("--json").arg(json);
    }
    if !options.only.is_empty() {
        node = node.arg("--only").arg(options.only.join(","));
    }
    node.run()?;
    Ok(ExitCode::SUCCESS)
}
