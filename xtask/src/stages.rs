//! `cargo xtask test`: everything that CI runs, as named stages, cheapest first.
//!
//! Every stage streams its output and prints its time. The last line of all counts the stages in
//! the form that test runners share: `N passed, N failed`.

mod dependencies;
mod hygiene;

use crate::args::TestOptions;
use crate::build::{self, Flavour};
use crate::setup::{self, Need, TARGET};
use crate::{paths, shell};
use anyhow::{Result, ensure};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

struct Stage {
    name: &'static str,
    what: &'static str,
    needs: &'static [Need],
    run: fn() -> Result<()>,
}

const STAGES: [Stage; 12] = [
    Stage {
        name: "fmt",
        what: "formatting of every crate",
        needs: &[],
        run: fmt,
    },
    Stage {
        name: "hygiene",
        what: "no test is switched off",
        needs: &[],
        run: hygiene::check,
    },
    Stage {
        name: "typos",
        what: "spelling",
        needs: &[Need::Typos],
        run: typos,
    },
    Stage {
        name: "dependencies",
        what: "one version of each, and arrows between rooms",
        needs: &[],
        run: dependencies::check,
    },
    Stage {
        name: "clippy",
        what: "lints on the host",
        needs: &[],
        run: clippy,
    },
    Stage {
        name: "clippy-wasm",
        what: "lints of the interface and the worker for the browser",
        needs: &[Need::WasmTarget],
        run: clippy_wasm,
    },
    Stage {
        name: "native",
        what: "tests on the host",
        needs: &[Need::Vulkan],
        run: native,
    },
    Stage {
        name: "kernels",
        what: "every kernel through a browser's compiler",
        needs: &[Need::Browser],
        run: kernels,
    },
    Stage {
        name: "build",
        what: "page and workers, as users get them",
        needs: &[Need::BuildTools],
        run: build_all,
    },
    Stage {
        name: "sizes",
        what: "downloads within their limits",
        needs: &[Need::BuildTools],
        run: sizes,
    },
    Stage {
        name: "harness",
        what: "the browser tests' own instruments",
        needs: &[Need::Browser],
        run: harness,
    },
    Stage {
        name: "browser",
        what: "the product in a real browser",
        needs: &[Need::BuildTools, Need::Browser],
        run: browser,
    },
];

struct Outcome {
    name: &'static str,
    /// `None` where an earlier failure kept the stage from running.
    result: Option<(Result<()>, Duration)>,
}

pub fn run(options: &TestOptions) -> Result<ExitCode> {
    if options.list {
        for stage in &STAGES {
            println!("{:<14} {}", stage.name, stage.what);
        }
        return Ok(ExitCode::SUCCESS);
    }
    for name in &options.only {
        ensure!(
            STAGES.iter().any(|stage| stage.name == name),
            "there is no stage {name:?}; see --list"
        );
    }
    let start = Instant::now();
    let chosen: Vec<&Stage> = STAGES
        .iter()
        .filter(|stage| {
            options.only.is_empty() || options.only.iter().any(|name| name == stage.name)
        })
        .collect();
    // Before the first check, and only what these stages need: nobody shall learn after half an
    // hour that Node is missing.
    for need in Need::ALL {
        if chosen.iter().any(|stage| stage.needs.contains(&need)) {
            need.meet()?;
        }
    }
    println!("Set-up: {}", shell::seconds(start.elapsed()));

    let mut outcomes: Vec<Outcome> = Vec::new();
    for stage in chosen {
        let failed = outcomes
            .iter()
            .any(|outcome| matches!(outcome.result, Some((Err(_), _))));
        let result = if failed && !options.keep_going {
            None
        } else {
            Some(run_stage(stage))
        };
        outcomes.push(Outcome {
            name: stage.name,
            result,
        });
    }
    Ok(summary(&outcomes, start.elapsed()))
}

fn run_stage(stage: &Stage) -> (Result<()>, Duration) {
    println!("\n=== {}: {}", stage.name, stage.what);
    let start = Instant::now();
    let result = (stage.run)();
    let took = start.elapsed();
    match &result {
        Ok(()) => println!("=== {}: passed in {}", stage.name, shell::seconds(took)),
        Err(error) => println!(
            "=== {}: FAILED in {}: {error:#}",
            stage.name,
            shell::seconds(took)
        ),
    }
    (result, took)
}

fn summary(outcomes: &[Outcome], took: Duration) -> ExitCode {
    println!();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for Outcome { name, result } in outcomes {
        match result {
            Some((Ok(()), time)) => {
                passed += 1;
                println!("  {name:<14} passed  {:>12}", shell::seconds(*time));
            }
            Some((Err(error), time)) => {
                failed += 1;
                println!(
                    "  {name:<14} FAILED  {:>12}  {error:#}",
                    shell::seconds(*time)
                );
            }
            None => {
                skipped += 1;
                println!("  {name:<14} not run");
            }
        }
    }
    println!("  {:<14}         {:>12}", "all", shell::seconds(took));
    let more = if skipped > 0 {
        format!(", {skipped} skipped")
    } else {
        String::new()
    };
    println!("\n{passed} passed, {failed} failed{more}");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn fmt() -> Result<()> {
    shell::cargo(["fmt", "--all", "--check"]).run()
}

fn typos() -> Result<()> {
    shell::program(setup::typos()?).run()
}

fn clippy() -> Result<()> {
    shell::cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])
    .run()
}

/// Both paths of the worker at once: each alone is compiled when it is built.
fn clippy_wasm() -> Result<()> {
    shell::cargo([
        "clippy",
        "--package",
        "image2-app",
        "--package",
        "image2-worker",
    ])
    .args(["--target", TARGET, "--", "-D", "warnings"])
    .run()
}

fn native() -> Result<()> {
    let mut tests = shell::cargo(["test", "--workspace"]);
    // The same driver everywhere, so that a test that passes here passes in CI.
    let chosen = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    if let (Some(driver), false) = (setup::vulkan()?, chosen) {
        // Older loaders know the second name only.
        tests = tests
            .env("VK_DRIVER_FILES", &driver)
            .env("VK_ICD_FILENAMES", driver);
    }
    tests.run()
}

fn kernels() -> Result<()> {
    let folder = paths::target().join("kernels");
    shell::cargo(["run", "--quiet", "--package", "image2-shaders"])
        .args(["--example", "kernels", "--"])
        .arg(&folder)
        .run()?;
    node_tests("kernels", &[("IMAGE2_KERNELS", folder)])
}

fn build_all() -> Result<()> {
    build::everything(Flavour::Release, &setup::for_build()?)
}

fn sizes() -> Result<()> {
    build::everything(Flavour::Release, &setup::for_build()?)?;
    build::sizes::check(&paths::dist())
}

fn harness() -> Result<()> {
    node_tests("unit", &[])
}

fn browser() -> Result<()> {
    build::everything(Flavour::Release, &setup::for_build()?)?;
    let natives = build::natives()?;
    let products = [
        ("IMAGE2_SERVER", natives.server),
        ("IMAGE2_CLI", natives.cli),
        ("IMAGE2_DIST", paths::dist()),
        ("IMAGE2_MODELS", paths::root().join("models/weights")),
        ("IMAGE2_RESULTS", paths::root().join("test-results")),
    ];
    node_tests(".", &products)
}

/// Runs `tests/browser/FOLDER/*.test.mjs`.
fn node_tests(folder: &str, products: &[(&str, PathBuf)]) -> Result<()> {
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
        // One file at a time: each drives a browser that wants all cores.
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .args(&files)
        .in_dir(&tests)
        .env("CHROMIUM", tools.chromium);
    products
        .iter()
        .fold(node, |node, (name, path)| node.env(name, path))
        .run()
}
