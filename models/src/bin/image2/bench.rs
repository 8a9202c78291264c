//! `image2 bench`: loading and steps of one model on one device, the memory that it takes, and how
//! long a changed prompt takes to be seen.
//!
//! Comparisons with other engines run elsewhere, side by side; this tells where time goes here.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use image2_models::{Observer, Step, open};
use serde_json::json;

use crate::Outcome;
use crate::args::Bench;
use crate::cancel::Cancel;
use crate::output::{self, Output};

/// Changed from run to run, as by somebody who writes.
const PROMPTS: [&str; 2] = ["red apple", "green apple"];

pub async fn run(args: &Bench, output: &Output) -> anyhow::Result<Outcome> {
    let cancel = Cancel::on_ctrl_c()?;
    let start = Instant::now();
    let compute = args.engine.device.open().await?;
    let opened = start.elapsed();
    let pipeline = open::folder(&args.engine.model, &compute)?;
    let loaded = start.elapsed();
    pipeline.prepare(async |_, _| {}).await?;
    let prepared = start.elapsed();

    let mut first = Duration::ZERO;
    let mut steps = Vec::new();
    let mut live = [Vec::new(), Vec::new()];
    let bar = output.bar(2 * u64::from(args.runs) + 1, "measuring");
    for run in 0..=2 * args.runs {
        let mut recipe = pipeline.recipe(PROMPTS[run as usize % 2], 1);
        let is_live = run > args.runs;
        if !is_live {
            recipe.steps = args.steps;
        }
        let mut laps = Laps {
            cancel: cancel.clone(),
            last: Duration::ZERO,
            steps: Vec::new(),
        };
        let watch = Instant::now();
        if pipeline.generate(&recipe, &mut laps).await?.is_none() {
            return Ok(Outcome::Cancelled);
        }
        let finished = watch.elapsed();
        bar.inc(1);
        match run {
            // What it takes beyond the others was not prepared.
            0 => first = laps.steps[0],
            _ if is_live => {
                live[0].push(laps.steps[0]);
                live[1].push(finished);
            }
            _ => steps.extend(laps.steps),
        }
    }
    bar.finish_and_clear();
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let sorted = |mut times: Vec<Duration>| {
        times.sort();
        times
    };
    let steps = sorted(steps);
    let [fastest, median, slowest] = [0, steps.len() / 2, steps.len() - 1].map(|i| ms(steps[i]));
    let [preview, picture] = live.map(|times| ms(sorted(times)[args.runs as usize / 2]));
    let [load, prepare] = [
        loaded.saturating_sub(opened),
        prepared.saturating_sub(loaded),
    ]
    .map(ms);
    let memory = pipeline.memory();
    let device = output::device_name(&compute);
    let value = json!({
        "device": device,
        "model": pipeline.manifest().about.name,
        "open_ms": ms(opened),
        "load_ms": load,
        "prepare_ms": prepare,
        "first_step_ms": ms(first),
        "step_ms": { "min": fastest, "median": median, "max": slowest, "count": steps.len() },
        "changed_prompt_ms": { "first_preview": preview, "picture": picture },
        "memory": {
            "weight_bytes": memory.weight_bytes,
            "planned_bytes": memory.planned_bytes,
            "resident_bytes": memory.resident_bytes,
            "driver_bytes": compute.allocated_bytes(),
        },
    });
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let text = format!(
        "{device}: device {:.0} ms, model {load:.0} ms, kernels {prepare:.0} ms, first step {:.0} ms, then {median:.1} ms a step ({fastest:.1} to {slowest:.1})
changed prompt: first preview after {preview:.1} ms, picture after {picture:.1} ms
memory: weights {:.1} MB, a run {:.1} MB, what outlives it {:.1} MB",
        ms(opened),
        ms(first),
        megabytes(memory.weight_bytes),
        megabytes(memory.planned_bytes),
        megabytes(memory.resident_bytes),
    );
    output.answer(&text, &value);
    Ok(Outcome::Done)
}

/// Keeps the time of each step.
struct Laps {
    cancel: Cancel,
    last: Duration,
    steps: Vec<Duration>,
}

impl Observer for Laps {
    async fn step(&mut self, step: Step) -> ControlFlow<()> {
        self.steps.push(step.elapsed.saturating_sub(self.last));
        self.last = step.elapsed;
        self.cancel.check()
    }
}
