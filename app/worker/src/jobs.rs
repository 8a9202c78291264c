//! One job: from a recipe to a picture's file, reported step by step.

use std::ops::ControlFlow;
use std::time::Duration;

use image2_models::tokenizer::Tokens;
use image2_models::{ModelError, Observer, Pipeline, Step};
use image2_picture::{Picture, Recipe, browser};
use image2_protocol::{Estimate, Event, Frame, JobId, ModelInfo, Note, Stage};
use js_sys::Uint8Array;

use crate::failure::WorkerError;
use crate::{is_cancelled, wire};

/// The longer side of a thumbnail: the page's, on screens with two pixels a point.
const THUMBNAIL_SIDE: u32 = 144;

/// Runs the job to its end and reports how it ended.
pub(crate) async fn run(id: JobId, recipe: &Recipe, pipeline: Option<&Pipeline>) {
    let start = web_time::Instant::now();
    match generate(id, recipe, pipeline).await {
        Ok(Some(made)) => {
            let done = Event::Done {
                id,
                frame: made.frame,
                elapsed_ms: ms(start.elapsed()),
                notes: made.notes,
            };
            wire::post(&done, &made.files.map(|file| file.buffer()));
        }
        Ok(None) => wire::send(&Event::Cancelled { id }),
        Err(error) => wire::send(&Event::Failed {
            id: Some(id),
            failure: error.failure(),
        }),
    }
}

/// Answers how much a picture would take.
pub(crate) fn estimate(id: JobId, recipe: &Recipe, pipeline: Option<&Pipeline>) {
    let estimate = || {
        let pipeline = pipeline.ok_or(WorkerError::NoModel)?;
        pipeline.validate(recipe).map_err(ModelError::from)?;
        Ok(Estimate {
            memory_bytes: pipeline.memory().total_bytes(),
            duration_ms: None,
        })
    };
    let outcome = estimate().map_err(|error: WorkerError| error.failure());
    wire::send(&Event::Estimated { id, outcome });
}

/// A finished picture.
struct Made {
    frame: Frame,
    /// The picture and its thumbnail.
    files: [Uint8Array; 2],
    notes: Vec<Note>,
}

async fn generate(
    id: JobId,
    recipe: &Recipe,
    pipeline: Option<&Pipeline>,
) -> Result<Option<Made>, WorkerError> {
    let pipeline = pipeline.ok_or(WorkerError::NoModel)?;
    wire::send(&Event::Progress {
        id,
        stage: Stage::Drawing,
        done: 0,
        all: recipe.steps,
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
    let Some(picture) = pipeline.generate(recipe, &mut reporter).await? else {
        return Ok(None);
    };
    Ok(Some(Made {
        frame: frame(&picture),
        files: [
            encode(&picture).await?,
            encode(&picture.thumbnail(THUMBNAIL_SIDE)).await?,
        ],
        notes: notes(recipe, pipeline),
    }))
}

/// A PNG file with the AI mark and without parameters.
async fn encode(picture: &Picture) -> Result<Uint8Array, WorkerError> {
    let encoded = browser::encode_png(picture).await;
    encoded.map_err(|error| WorkerError::Encode {
        reason: wire::describe(&error),
    })
}

/// The parts of the prompt that the network did not read, or does not know.
fn notes(recipe: &Recipe, pipeline: &Pipeline) -> Vec<Note> {
    let Tokens {
        unknown, unread, ..
    } = pipeline.tokens(&recipe.prompt);
    let unread = (!unread.is_empty()).then(|| Note::new("words.unread").with("text", unread));
    let unknown = (!unknown.is_empty()).then(|| Note::new("words.unknown").with("words", unknown));
    unread.into_iter().chain(unknown).collect()
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
            stage: Stage::Drawing,
            done: step.number,
            all: self.steps,
            elapsed_ms: ms(step.elapsed),
            left_ms: Some(ms(self.left(&step))),
            frame: step.preview.as_ref().map(frame),
        };
        match &step.preview {
            Some(preview) => wire::send_pixels(&progress, preview.rgba()),
            None => wire::send(&progress),
        }
        self.check_cancel().await
    }
}

/// The model's limits and recommendations, for the page.
pub(crate) fn describe(pipeline: &Pipeline) -> ModelInfo {
    let (manifest, limits) = (pipeline.manifest(), pipeline.limits());
    let about = &manifest.about;
    ModelInfo {
        name: about.name.clone(),
        title: about.title.clone(),
        licence: about.licence.clone(),
        digest: manifest.digest().to_string(),
        size_bytes: manifest.size_bytes(),
        patch: limits.patch,
        side_min: limits.side_min,
        side_max: limits.side_max,
        area_max: limits.area_max as u32,
        alpha: pipeline.network().signature().channels == 4,
        enlarges: false,
        recommended: pipeline.recipe("", 0),
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
