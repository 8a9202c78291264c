//! `image2 bench`: measures the loading, the steps, the enlarging and the memory of one model on one
//! device, and the latency after a change of the prompt.
//!
//! Comparisons with other engines are part of `bench/`.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use image2_models::{Observer, Step, Tiles, open};
use serde_json::json;

use crate::answer::Answer;
use crate::args::Bench;
use crate::interrupt::Interrupt;
use crate::names::shown;
use crate::output::Output;
use crate::{device, progress};

/// Alternated between runs to emulate somebody who edits a prompt.
const PROMPTS: [&str; 2] = ["red apple", "green apple"];

pub async fn run(args: &Bench, output: &Output) -> anyhow::Result<Answer> {
    let interrupt = Interrupt::after_step()?;
    let start = Instant::now();
    let compute = args.engine.device.open().await?;
    let opened = start.elapsed();
    let model = &args.engine.model;
    let pipeline = open::folder(model, &compute)
        .with_context(|| format!("cannot open the model {}", shown(model)))?;
    let loaded = start.elapsed();
    pipeline.prepare(async |_, _| {}).await?;
    let prepared = start.elapsed();

    let mut first = Duration::ZERO;
    let mut steps = Vec::new();
    let (mut enlarging, mut live) = (Vec::new(), [Vec::new(), Vec::new()]);
    let bar = progress::bar(output, 2 * u64::from(args.runs) + 1, "measuring");
    for run in 0..=2 * args.runs {
        let mut recipe = pipeline.recipe(PROMPTS[run as usize % 2], 1);
        let is_live = run > args.runs;
        if !is_live {
            recipe.steps = args.steps;
        }
        let mut laps = Laps {
            interrupt: &interrupt,
            // A preview would count as part of its step.
            previews: is_live,
            last: Duration::ZERO,
            steps: Vec::new(),
            first_preview: None,
        };
        let watch = Instant::now();
        if pipeline.generate(&recipe, &mut laps).await?.is_none() {
            return Ok(Answer::stopped(interrupt.code().unwrap_or_default()));
        }
        let finished = watch.elapsed();
        bar.inc(1);
        match run {
            // Its excess over later steps is work that `prepare` missed.
            0 => first = laps.steps[0],
            _ if is_live => {
                // A single step has no preview but the picture.
                live[0].push(laps.first_preview.unwrap_or(finished));
                live[1].push(finished);
            }
            _ => {
                enlarging.push(finished.saturating_sub(laps.last));
                steps.extend(laps.steps);
            }
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
    let enlarging = ms(sorted(enlarging)[args.runs as usize / 2]);
    let [preview, picture] = live.map(|times| ms(sorted(times)[args.runs as usize / 2]));
    let [load, prepare] = [
        loaded.saturating_sub(opened),
        prepared.saturating_sub(loaded),
    ]
    .map(ms);
    let (memory, size) = (pipeline.memory(), pipeline.recipe("", 0));
    let device = device::name(&compute);
    let value = json!({
        "device": device,
        "model": pipeline.manifest().about.name,
        "open_ms": ms(opened),
        "load_ms": load,
        "prepare_ms": prepare,
        "first_step_ms": ms(first),
        "step_ms": { "min": fastest, "median": median, "max": slowest, "count": steps.len() },
        "size": [size.width, size.height],
        "enlarging_ms": enlarging,
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
        "{device}: device {:.0} ms, model {load:.0} ms, kernels {prepare:.0} ms, first step {:.0} ms, then {median:.1} ms a step ({fastest:.1} to {slowest:.1}), to {} × {} pixels {enlarging:.1} ms
changed prompt: first preview after {preview:.1} ms, picture after {picture:.1} ms
memory: weights {:.1} MB, a run {:.1} MB, resident {:.1} MB",
        ms(opened),
        ms(first),
        size.width,
        size.height,
        megabytes(memory.weight_bytes),
        megabytes(memory.planned_bytes),
        megabytes(memory.resident_bytes),
    );
    Ok(Answer::done(
        text.lines().map(str::to_owned).collect(),
        value,
    ))
}

/// Records the duration of each step, and when the first preview was there.
struct Laps<'a> {
    interrupt: &'a Interrupt,
    previews: bool,
    /// When the last step ended.
    last: Duration,
    steps: Vec<Duration>,
    first_preview: Option<Duration>,
}

impl Observer for Laps<'_> {
    fn wants_previews(&self) -> bool {
        self.previews
    }

    async fn step(&mut self, step: Step) -> ControlFlow<()> {
        self.steps.push(step.elapsed.saturating_sub(self.last));
        self.last = step.elapsed;
        if step.preview.is_some() {
            self.first_preview.get_or_insert(step.elapsed);
        }
        self.interrupt.check()
    }

    async fn tiles(&mut self, _: Tiles) -> ControlFlow<()> {
        self.interrupt.check()
    }
}
