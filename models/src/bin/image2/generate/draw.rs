//! Draws one picture: from a request to a recipe to a file. All use of the library's pipeline by
//! this command is here.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use image2_models::{Job, ModelError, Observer, Pipeline, Step, sampler::Method};
use image2_picture::{Parameters, Recipe, encode_png};
use indicatif::ProgressBar;

use super::requests::Request;
use crate::args::Generate;
use crate::destination::Destination;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::progress;

/// Draws the pictures of a run.
pub struct Artist<'a> {
    pub args: &'a Generate,
    pub pipeline: &'a Pipeline,
    pub interrupt: Interrupt,
    pub output: &'a Output,
}

/// How a picture ended.
pub enum Drawing {
    /// The picture was written; the time that it took.
    Made(Duration),
    /// A signal stopped it, with this exit code.
    Stopped(u8),
}

impl Artist<'_> {
    /// The validated recipe of a request.
    pub fn recipe(&self, request: &Request) -> Result<Recipe, ModelError> {
        let job = self.pipeline.job(&request.prompt, request.seed);
        let [width, height] = request
            .size
            .unwrap_or([job.width, job.height].map(|side| side as u32));
        let sampler = match job.method {
            Method::Euler => "euler",
            Method::Heun => "heun",
        };
        let recipe = Recipe {
            prompt: job.prompt,
            seed: job.seed,
            width,
            height,
            steps: self.args.steps.unwrap_or(job.steps),
            guidance: self.args.guidance.unwrap_or(job.guidance.scale),
            sampler: self.args.method.as_deref().unwrap_or(sampler).to_owned(),
            shift: self.args.shift,
        };
        self.pipeline.check(&self.job(&recipe))?;
        Ok(recipe)
    }

    fn job(&self, recipe: &Recipe) -> Job {
        let mut job = self.pipeline.job(&recipe.prompt, recipe.seed);
        [job.width, job.height] = [recipe.width, recipe.height].map(|side| side as usize);
        job.steps = recipe.steps;
        job.guidance.scale = recipe.guidance;
        job.method = match &*recipe.sampler {
            "heun" => Method::Heun,
            _ => Method::Euler,
        };
        job.shift = f64::from(recipe.shift);
        job
    }

    /// Draws a picture and writes it.
    pub async fn draw(
        &self,
        recipe: &Recipe,
        destination: &mut Destination,
        label: &str,
    ) -> anyhow::Result<Drawing> {
        let start = Instant::now();
        let mut watcher = Watcher {
            interrupt: &self.interrupt,
            bar: progress::bar(self.output, u64::from(recipe.steps), label),
        };
        let picture = self
            .pipeline
            .generate(&self.job(recipe), &mut watcher)
            .await;
        watcher.bar.finish_and_clear();
        let Some(picture) = picture? else {
            return Ok(Drawing::Stopped(self.interrupt.code().unwrap_or_default()));
        };
        let parameters = (!self.args.no_parameters).then(|| self.parameters(recipe));
        destination.write(&encode_png(&picture, parameters.as_ref()))?;
        Ok(Drawing::Made(start.elapsed()))
    }

    fn parameters(&self, recipe: &Recipe) -> Parameters {
        let manifest = self.pipeline.manifest();
        Parameters {
            recipe: recipe.clone(),
            model: manifest.about.name.clone(),
            model_digest: manifest.digest().to_string(),
            program: concat!("Image 2 ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// Shows progress and checks for signals after each step.
struct Watcher<'a> {
    interrupt: &'a Interrupt,
    bar: ProgressBar,
}

impl Observer for Watcher<'_> {
    async fn step(&mut self, step: Step) -> ControlFlow<()> {
        self.bar.set_position(u64::from(step.number));
        self.interrupt.check()
    }
}
