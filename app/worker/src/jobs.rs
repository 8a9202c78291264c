//! One job: from a recipe to a picture, reported step by step.

use std::ops::ControlFlow;
use std::time::Duration;

use image2_models::{Job, Observer, Pipeline, Step};
use image2_picture::{Picture, Recipe};
use image2_protocol::{Event, Frame, JobId, ModelInfo, Note};

use crate::failure::WorkerError;
use crate::{is_cancelled, wire};

/// Runs the job to its end and reports how it ended.
pub(crate) async fn run(id: JobId, recipe: &Recipe, pipeline: Option<&Pipeline>) {
    let start = web_time::Instant::now();
    match generate(id, recipe, pipeline).await {
        Ok(Some((picture, notes))) => {
            let done = Event::Done {
                id,
                frame: frame(&picture),
                elapsed_ms: ms(start.elapsed()),
                notes,
            };
            wire::send_pixels(&done, picture.rgba());
        }
        Ok(None) => wire::send(&Event::Cancelled { id }),
        Err(error) => wire::send(&Event::Failed {
            id: Some(id),
            failure: error.failure(),
        }),
    }
}

async fn generate(
    id: JobId,
    recipe: &Recipe,
    pipeline: Option<&Pipeline>,
) -> Result<Option<(Picture, Vec<Note>)>, WorkerError> {
    let pipeline = pipeline.ok_or(WorkerError::NoModel)?;
    wire::send(&Event::Progress {
        id,
        step: 0,
        steps: recipe.steps,
        elapsed_ms: 0.0,
        left_ms: None,
        frame: None,
    });
    let mut reporter = Reporter {
        id,
        steps: recipe.steps,
        first: None,
    };
    if reporter.check_cancel().await.is_break() {
        return Ok(None);
    }
    let picture = pipeline
        .generate(&job(recipe, pipeline), &mut reporter)
        .await?;
    Ok(picture.map(|picture| (picture, notes(recipe, pipeline))))
}

fn job(recipe: &Recipe, pipeline: &Pipeline) -> Job {
    let mut job = Job {
        width: recipe.width as usize,
        height: recipe.height as usize,
        steps: recipe.steps,
        shift: f64::from(recipe.shift),
        ..pipeline.job(&recipe.prompt, recipe.seed)
    };
    job.guidance.scale = recipe.guidance;
    job
}

/// The part of the prompt that did not reach the network.
fn notes(recipe: &Recipe, pipeline: &Pipeline) -> Vec<Note> {
    let tokens = pipeline.tokens(&recipe.prompt);
    let mut notes = vec![];
    if tokens.dropped > 0 {
        let words: Vec<&str> = recipe.prompt.split_whitespace().collect();
        let unread = words[words.len().saturating_sub(tokens.dropped)..].join(" ");
        notes.push(Note::new("words.unread").with("text", unread));
    }
    if !tokens.unknown.is_empty() {
        notes.push(Note::new("words.unknown").with("words", tokens.unknown));
    }
    notes
}

/// Reports each step and checks for `Cancel` between them.
struct Reporter {
    id: JobId,
    steps: u32,
    /// Time of the first step. It also encodes the prompt and compiles what new settings need, so
    /// the estimate of the others leaves it out.
    first: Option<Duration>,
}

impl Reporter {
    async fn check_cancel(&self) -> ControlFlow<()> {
        wire::yield_to_messages().await;
        match is_cancelled(self.id) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn left(&mut self, step: &Step) -> Duration {
        let first = *self.first.get_or_insert(step.elapsed);
        let each = match step.number {
            1 => first,
            later => (step.elapsed - first) / (later - 1),
        };
        each * (self.steps - step.number)
    }
}

impl Observer for Reporter {
    async fn step(&mut self, step: Step) -> ControlFlow<()> {
        let progress = Event::Progress {
            id: self.id,
            step: step.number,
            steps: self.steps,
            elapsed_ms: ms(step.elapsed),
            left_ms: Some(ms(self.left(&step))),
            frame: Some(frame(&step.preview)),
        };
        wire::send_pixels(&progress, step.preview.rgba());
        self.check_cancel().await
    }
}

/// The model's limits and recommendations, for the page.
pub(crate) fn describe(pipeline: &Pipeline) -> ModelInfo {
    let (manifest, config) = (pipeline.manifest(), pipeline.network().config());
    let about = &manifest.about;
    let [side_min, side_max] = pipeline.side_limits().map(|side| side as u32);
    ModelInfo {
        name: about.name.clone(),
        title: about.title.clone(),
        licence: about.licence.clone(),
        digest: manifest.digest().to_string(),
        size_bytes: manifest.size_bytes(),
        patch: config.patch as u32,
        side_min,
        side_max,
        area_max: pipeline.area_max() as u32,
        alpha: config.channels == 4,
        recommended: recommended(pipeline),
    }
}

fn recommended(pipeline: &Pipeline) -> Recipe {
    let job = pipeline.job("", 0);
    Recipe {
        prompt: job.prompt,
        seed: job.seed,
        width: job.width as u32,
        height: job.height as u32,
        steps: job.steps,
        guidance: job.guidance.scale,
        sampler: match job.method {
            image2_models::sampler::Method::Euler => "euler".into(),
            image2_models::sampler::Method::Heun => "heun".into(),
        },
        shift: job.shift as f32,
    }
}

fn frame(picture: &Picture) -> Frame {
    Frame {
        width: picture.width(),
        height: picture.height(),
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
