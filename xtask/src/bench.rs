//! `cargo xtask bench`: the engine beside onnxruntime-web; see `bench/README.md`.

use crate::args::BenchOptions;
use crate::build::{self, Flavour};
use crate::{paths, setup, shell};
use anyhow::Result;
use std::path::PathBuf;
use std::process::ExitCode;

/// Prepares what is missing, then measures.
pub fn run(options: &BenchOptions) -> Result<ExitCode> {
    let tools = setup::for_build()?;
    let (browser, python) = setup::bench()?;
    let folder = paths::target().join("bench");
    let software = options.software.then_some("--software");
    let only = options.only.join(",");
    let only: &[&str] = if only.is_empty() {
        &[]
    } else {
        &["--only", &only]
    };

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
        .args(only)
        .args(software)
        .run()?;

    let program = if options.node { "node.mjs" } else { "run.mjs" };
    let mut node = shell::program(browser.node)
        .arg(paths::root().join("bench").join(program))
        .arg("--cases")
        .arg(folder.join("cases.json"))
        .arg("--engine")
        .arg(engine)
        .args(only)
        .args(software)
        .env("CHROMIUM", browser.chromium);
    if options.waits() {
        node = node
            .env("IMAGE2_SERVER", served(&tools)?)
            .env("IMAGE2_DIST", paths::dist())
            .env("IMAGE2_MODELS", paths::root().join("models/weights"));
    }
    if let Some(json) = &options.json {
        node = node.arg("--json").arg(json);
    }
    node.run()?;
    Ok(ExitCode::SUCCESS)
}

/// The product as users get it, whose worker the cases `latency_…` wait for; returns its server.
fn served(tools: &setup::Tools) -> Result<PathBuf> {
    build::everything(Flavour::Release, tools)?;
    build::server(Flavour::Release)
}
