//! `image2 generate`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use image2_models::{Job, Observer, Pipeline, Step, open};
use image2_picture::{Parameters, encode_png};
use indicatif::ProgressBar;
use serde_json::json;

use crate::Outcome;
use crate::args::Generate;
use crate::cancel::Cancel;
use crate::output::{self, Output};

pub async fn run(args: &Generate, output: &Output) -> anyhow::Result<Outcome> {
    let cancel = Cancel::on_ctrl_c()?;
    let compute = args.engine.device.open().await?;
    let pipeline = open::folder(&args.engine.model, &compute)?;
    let seed = args.seed.map_or_else(roll, Ok)?;
    let mut pictures = Vec::new();
    for i in 0..args.count {
        let job = job(args, &pipeline, seed.wrapping_add(u64::from(i)));
        let start = Instant::now();
        let label = if args.count == 1 {
            "drawing".to_owned()
        } else {
            format!("drawing {}/{}", i + 1, args.count)
        };
        let mut watcher = Watcher {
            cancel: cancel.clone(),
            bar: output.bar(u64::from(job.steps), &label),
        };
        let Some(picture) = pipeline.generate(&job, &mut watcher).await? else {
            watcher.bar.abandon_with_message("cancelled");
            return Ok(Outcome::Cancelled);
        };
        watcher.bar.finish_and_clear();
        let parameters = (!args.no_parameters).then(|| parameters(&job, &pipeline));
        let path = numbered(&args.output, i, args.count);
        write_whole(&path, &encode_png(&picture, parameters.as_ref()))?;
        pictures.push((path, job.seed, start.elapsed()));
    }
    let tokens = pipeline.tokens(&args.prompt);
    let mut lines: Vec<String> = pictures
        .iter()
        .map(|(path, seed, took)| {
            format!(
                "{} (seed {seed}, {:.1} s)",
                path.display(),
                took.as_secs_f64()
            )
        })
        .collect();
    if !tokens.unknown.is_empty() {
        lines.push(format!(
            "words this model does not know: {}",
            tokens.unknown.join(", ")
        ));
    }
    let device = output::device_name(&compute);
    let files: Vec<_> = pictures
        .iter()
        .map(|(path, seed, took)| json!({ "file": path, "seed": seed, "elapsed_ms": took.as_millis() as u64 }))
        .collect();
    output.answer(
        &lines.join("\n"),
        &json!({ "pictures": files, "device": device, "unknown_words": tokens.unknown }),
    );
    Ok(Outcome::Done)
}

fn job(args: &Generate, pipeline: &Pipeline, seed: u64) -> Job {
    let mut job = pipeline.job(&args.prompt, seed);
    if let Some([width, height]) = args.size {
        (job.width, job.height) = (width, height);
    }
    job.steps = args.steps.unwrap_or(job.steps);
    job.method = args.method.map_or(job.method, Into::into);
    job.shift = args.shift;
    job.guidance.scale = args.guidance.unwrap_or(job.guidance.scale);
    job
}

fn parameters(job: &Job, pipeline: &Pipeline) -> Parameters {
    let manifest = pipeline.manifest();
    Parameters {
        prompt: job.prompt.clone(),
        seed: job.seed,
        steps: job.steps,
        guidance: job.guidance.scale,
        width: job.width as u32,
        height: job.height as u32,
        sampler: format!("{:?}", job.method),
        model: manifest.about.name.clone(),
        model_digest: manifest.digest().to_string(),
        program: concat!("Image 2 ", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}

/// Shows steps and listens for Ctrl-C.
struct Watcher {
    cancel: Cancel,
    bar: ProgressBar,
}

impl Observer for Watcher {
    async fn step(&mut self, step: Step) -> ControlFlow<()> {
        self.bar.set_position(u64::from(step.number));
        self.cancel.check()
    }
}

fn roll() -> anyhow::Result<u64> {
    // 32 bits: short enough to read out and type in.
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(u64::from(u32::from_le_bytes(bytes)))
}

/// `picture.png` → `picture-3.png`, for the third of several.
fn numbered(path: &Path, index: u32, count: u32) -> PathBuf {
    if count == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path
        .extension()
        .map(|ending| format!(".{}", ending.to_string_lossy()))
        .unwrap_or_default();
    path.with_file_name(format!("{stem}-{}{ending}", index + 1))
}

/// Writes beside the target and renames, so that a file is old or new but never half.
fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let beside = path.with_added_extension("part");
    std::fs::write(&beside, bytes)
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(|| format!("cannot write {}", path.display()))
}
