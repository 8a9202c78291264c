//! `cargo xtask test`: everything that CI runs, as named stages, cheapest first.
//!
//! Every stage passes its output through and prints its time. The last line counts the stages in
//! the form that test runners share: `N passed, N failed`.

mod dependencies;
mod hygiene;
mod product;
mod rust;

use crate::args::TestOptions;
use crate::setup::Need;
use crate::shell;
use anyhow::{Result, ensure};
use std::process::ExitCode;
use std::time::{Duration, Instant};

struct Stage {
    name: &'static str,
    what: &'static str,
    needs: &'static [Need],
    run: fn() -> Result<()>,
}

const STAGES: [Stage; 13] = [
    Stage {
        name: "fmt",
        what: "formatting of every crate",
        needs: &[],
        run: rust::fmt,
    },
    Stage {
        name: "hygiene",
        what: "no test is disabled",
        needs: &[],
        run: hygiene::no_disabled_tests,
    },
    Stage {
        name: "typos",
        what: "spelling",
        needs: &[Need::Typos],
        run: hygiene::spelling,
    },
    Stage {
        name: "dependencies",
        what: "one version of each, arrows between rooms, no circles of modules",
        needs: &[],
        run: dependencies::check,
    },
    Stage {
        name: "clippy",
        what: "lints on the host",
        needs: &[],
        run: rust::clippy,
    },
    Stage {
        name: "clippy-wasm",
        what: "lints of page and worker for the browser",
        needs: &[Need::WasmTarget],
        run: rust::clippy_wasm,
    },
    Stage {
        name: "docs",
        what: "documentation without dead links, on the host and for the browser",
        needs: &[Need::WasmTarget],
        run: rust::docs,
    },
    Stage {
        name: "native",
        what: "tests on the host",
        needs: &[Need::Vulkan],
        run: rust::tests,
    },
    Stage {
        name: "kernels",
        what: "every kernel through a browser's compiler",
        needs: &[Need::Browser],
        run: product::kernels,
    },
    Stage {
        name: "build",
        what: "page and workers as released",
        needs: &[Need::BuildTools],
        run: product::build,
    },
    Stage {
        name: "sizes",
        what: "downloads within their limits",
        needs: &[Need::BuildTools],
        run: product::sizes,
    },
    Stage {
        name: "harness",
        what: "the browser tests' own tools",
        needs: &[Need::Browser],
        run: product::harness,
    },
    Stage {
        name: "browser",
        what: "the product in a real browser",
        needs: &[Need::BuildTools, Need::Browser],
        run: product::browser,
    },
];

struct Outcome {
    name: &'static str,
    /// `None` if the stage did not run because an earlier one failed.
    result: Option<(Result<()>, Duration)>,
}

/// Runs the chosen stages; the exit code is a failure if one of them failed.
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
    // All tools before the first stage, so that a missing Node is reported at once and not after
    // half an hour. Only the chosen stages' tools are installed.
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
