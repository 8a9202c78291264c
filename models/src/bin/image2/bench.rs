//! `image2 bench`: loading and steps of one model on one device.
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

pub async fn run(args: &Bench, output: &Output) -> anyhow::Result<Outcome> {
    let cancel = Cancel::on_ctrl_c()?;
    let start = Instant::now();
    let compute = args.engine.device.open().await?;
    let opened = start.elapsed();
    let pipeline = open::folder(&args.engine.model, &compute)?;
    let loaded = start.elapsed();

    let mut first = Duration::ZERO;
    let mut steps = Vec::new();
    let bar = output.bar(u64::from(args.runs) + 1, "measuring");
    for run in 0..=args.runs {
        let mut job = pipeline.job("red apple", 1);
        job.steps = args.steps;
        let mut laps = Laps {
            cancel: cancel.clone(),
            last: Duration::ZERO,
            steps: Vec::new(),
        };
        if pipeline.generate(&job, &mut laps).await?.is_none() {
            return Ok(Outcome::Cancelled);
        }
        bar.inc(1);
        match run {
            // Compiles kernels and fills pools.
            0 => first = laps.steps[0],
            _ => steps.extend(laps.steps),
        }
    }
    bar.finish_and_clear();
    steps.sort();
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let [fastest, median, slowest] = [0, steps.len() / 2, steps.len() - 1].map(|i| ms(steps[i]));
    let device = output::device_name(&compute);
    let value = json!({
        "device": device,
        "model": pipeline.manifest().about.name,
        "open_ms": ms(opened),
        "load_ms": ms(loaded.saturating_sub(opened)),
        "first_step_ms": ms(first),
        "step_ms": { "min": fastest, "median": median, "max": slowest, "count": steps.len() },
    });
    let text = format!(
        "{device}: device {:.0} ms, model {:.0} ms, first step {:.0} ms, then {median:.1} ms a step ({fastest:.1} to {slowest:.1})",
        ms(opened),
        ms(loaded.saturating_sub(opened)),
        ms(first),
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
