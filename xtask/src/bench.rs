//! `cargo xtask bench`: compares the engine with onnxruntime-web; see `bench/README.md`.

use crate::args::BenchOptions;
use crate::build::{self, Flavour};
use crate::{cargo, paths, setup, shell};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Builds and prepares the comparison, then runs it or packs it.
pub fn run(options: &BenchOptions) -> Result<ExitCode> {
    let tools = setup::for_build()?;
    let (browser, python) = setup::bench()?;
    let folder = cargo::target().join("bench");
    let software = options.software.then_some("--software");
    let only = options.only.join(",");
    let only: &[&str] = if only.is_empty() {
        &[]
    } else {
        &["--only", &only]
    };

    if let Some(destination) = &options.pack {
        return pack(destination, &tools, &browser.node, &python);
    }
    let image2 = build::command()?;
    let engine = folder.join("engine");
    shell::timed("build the engine", || {
        build::workers::for_bench(&tools, &engine)
    })?;
    if options.burn {
        shell::timed("build burn", || {
            build::workers::burn_for_bench(&tools, &folder.join("burn"))
        })?;
    }
    prepare(&python, &folder, &image2)
        .args(options.burn.then_some("--burn"))
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
    if options.includes_latency() {
        node = node
            .env("IMAGE2_SERVER", product(&tools)?)
            .env("IMAGE2_DIST", paths::dist())
            .env("IMAGE2_MODELS", paths::models());
    }
    if let Some(json) = &options.json {
        node = node.arg("--json").arg(json);
    }
    node.run()?;
    Ok(ExitCode::SUCCESS)
}

/// Writes packages, ONNX files and the list of cases into `folder`.
fn prepare(python: &Path, folder: &Path, image2: &Path) -> shell::Shell {
    shell::program(python)
        .arg(paths::root().join("bench/prepare.py"))
        .arg("--out")
        .arg(folder)
        .arg("--image2")
        .arg(image2)
}

/// Packs everything that a machine with a GPU and no network needs into `destination`.
fn pack(destination: &Path, tools: &setup::Tools, node: &Path, python: &Path) -> Result<ExitCode> {
    let folder = cargo::target().join("bench");
    // A folder of its own, because all of its contents are packed.
    let (engine, prepared) = (folder.join("engine"), folder.join("carried"));
    let image2 = build::command()?;
    shell::timed("build the engine", || {
        build::workers::for_bench(tools, &engine)
    })?;
    shell::timed("build the native measurement", || {
        let example = ["--package", "image2-shaders", "--example", "measure"];
        cargo::command(["build", "--release"]).args(example).run()
    })?;
    let measure = cargo::target().join("release/examples/measure");
    prepare(python, &prepared, &image2).arg("--carried").run()?;
    shell::program(paths::root().join("bench/gpu.sh"))
        .arg("pack")
        .arg(destination)
        .arg(node)
        .arg(engine)
        .arg(prepared)
        .arg(measure)
        .run()?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the product as released, for the cases `latency_…`, and returns the server's file.
fn product(tools: &setup::Tools) -> Result<PathBuf> {
    build::everything(Flavour::Release, tools)?;
    build::server(Flavour::Release)
}
