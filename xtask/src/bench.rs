//! `cargo xtask bench`: the engine beside onnxruntime-web; see `bench/README.md`.

use crate::args::BenchOptions;
use crate::build::{self, Flavour};
use crate::{paths, setup, shell};
use anyhow::Result;
use std::path::{Path, PathBuf};
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

    if let Some(carried) = &options.pack {
        return pack(carried, &tools, &browser.node, &python);
    }
    let image2 = build::command()?;
    let engine = folder.join("engine");
    shell::timed("build the engine", || {
        build::workers::for_bench(&tools, &engine)
    })?;
    if options.burn {
        shell::timed("build plain burn", || {
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

/// Makes packages, ONNX files and the list of cases in `folder`.
fn prepare(python: &Path, folder: &Path, image2: &Path) -> shell::Shell {
    shell::program(python)
        .arg(paths::root().join("bench/prepare.py"))
        .arg("--out")
        .arg(folder)
        .arg("--image2")
        .arg(image2)
}

/// Packs what a machine with a GPU and nothing of ours needs into `carried`.
fn pack(carried: &Path, tools: &setup::Tools, node: &Path, python: &Path) -> Result<ExitCode> {
    let folder = paths::target().join("bench");
    // Apart from what this machine's comparisons left: all that lies there travels.
    let (engine, prepared) = (folder.join("engine"), folder.join("carried"));
    let image2 = build::command()?;
    shell::timed("build the engine", || {
        build::workers::for_bench(tools, &engine)
    })?;
    shell::timed("build what measures natively", || {
        let example = ["--package", "image2-shaders", "--example", "measure"];
        shell::cargo(["build", "--release"]).args(example).run()
    })?;
    let measure = paths::target().join("release/examples/measure");
    prepare(python, &prepared, &image2).arg("--carried").run()?;
    shell::program(paths::root().join("bench/gpu.sh"))
        .arg("pack")
        .arg(carried)
        .arg(node)
        .arg(engine)
        .arg(prepared)
        .arg(measure)
        .run()?;
    Ok(ExitCode::SUCCESS)
}

/// The product as users get it, whose worker the cases `latency_…` wait for; returns its server.
fn served(tools: &setup::Tools) -> Result<PathBuf> {
    build::everything(Flavour::Release, tools)?;
    build::server(Flavour::Release)
}
