//! `image2 generate`.

mod requests;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use image2_models::{Observer, Pipeline, Step, open};
use image2_picture::{Parameters, Recipe, encode_png};
use indicatif::ProgressBar;
use serde_json::json;

use crate::Outcome;
use crate::args::Generate;
use crate::cancel::Cancel;
use crate::output::{self, Output};
use requests::Request;

pub async fn run(args: &Generate, output: &Output) -> anyhow::Result<Outcome> {
    let cancel = Cancel::on_ctrl_c()?;
    let requests = requests::of(args)?;
    let compute = args.engine.device.open().await?;
    let pipeline = open::folder(&args.engine.model, &compute)?;
    let mut pictures = Vec::with_capacity(requests.len());
    for (number, request) in (1..).zip(&requests) {
        let recipe = recipe(args, request, &pipeline);
        let start = Instant::now();
        let label = match requests.len() {
            1 => "drawing".to_owned(),
            count => format!("drawing {number}/{count}"),
        };
        let mut watcher = Watcher {
            cancel: cancel.clone(),
            bar: output.bar(u64::from(recipe.steps), &label),
        };
        let made = pipeline.generate(&recipe, &mut watcher).await;
        let made = match &request.origin {
            Some(origin) => made.with_context(|| origin.clone())?,
            None => made?,
        };
        let Some(picture) = made else {
            watcher.bar.abandon_with_message("cancelled");
            return Ok(Outcome::Cancelled);
        };
        watcher.bar.finish_and_clear();
        let parameters = (!args.no_parameters).then(|| parameters(recipe, &pipeline));
        write_whole(&request.output, &encode_png(&picture, parameters.as_ref()))?;
        pictures.push((request, start.elapsed()));
    }
    let mut lines: Vec<String> = pictures
        .iter()
        .map(|(request, took)| {
            let (path, seconds) = (request.output.display(), took.as_secs_f64());
            format!("{path} (seed {}, {seconds:.1} s)", request.seed)
        })
        .collect();
    let unknown = unknown_words(&requests, &pipeline);
    if !unknown.is_empty() {
        let words: Vec<_> = unknown.iter().map(String::as_str).collect();
        lines.push(format!(
            "words this model does not know: {}",
            words.join(", ")
        ));
    }
    let files: Vec<_> = pictures
        .iter()
        .map(|(request, took)| {
            json!({ "file": request.output, "seed": request.seed, "elapsed_ms": took.as_millis() as u64 })
        })
        .collect();
    let device = output::device_name(&compute);
    output.answer(
        &lines.join("\n"),
        &json!({ "pictures": files, "device": device, "unknown_words": unknown }),
    );
    Ok(Outcome::Done)
}

/// The words of all prompts that the model does not know, each once.
fn unknown_words(requests: &[Request], pipeline: &Pipeline) -> BTreeSet<String> {
    requests
        .iter()
        .flat_map(|request| pipeline.tokens(&request.prompt).unknown)
        .collect()
}

fn recipe(args: &Generate, request: &Request, pipeline: &Pipeline) -> Recipe {
    let mut recipe = pipeline.recipe(&request.prompt, request.seed);
    if let Some([width, height]) = request.size {
        (recipe.width, recipe.height) = (width, height);
    }
    recipe.steps = args.steps.unwrap_or(recipe.steps);
    if let Some(method) = args.method {
        method.name().clone_into(&mut recipe.sampler);
    }
    recipe.shift = args.shift;
    recipe.guidance = args.guidance.unwrap_or(recipe.guidance);
    recipe
}

fn parameters(recipe: Recipe, pipeline: &Pipeline) -> Parameters {
    let manifest = pipeline.manifest();
    Parameters {
        recipe,
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

/// Writes beside the target and renames, so that a file is old or new but never half.
fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let beside = path.with_added_extension("part");
    std::fs::write(&beside, bytes)
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(|| format!("cannot write {}", path.display()))
}
