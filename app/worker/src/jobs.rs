//! One job: from a request to a picture, told step by step.

use std::ops::ControlFlow;
use std::time::Duration;

use image2_models::{Observer, Pipeline, Recipe, Step};
use image2_protocol::{self as protocol, Event, Frame, JobId, ModelInfo};

use crate::failure::WorkerError;
use crate::{is_cancelled, wire};

/// Runs the job to its end and tells the interface how it ended.
pub(crate) async fn run(id: JobId, wanted: &protocol::Job, pipeline: Option<&Pipeline>) {
    let start = web_time::Instant::now();
    match generate(id, wanted, pipeline).await {
        Ok(Some(picture)) => {
            let frame = Frame {
                width: picture.width(),
                height: picture.height(),
            };
            let done = Event::Done {
                id,
                frame,
                elapsed_ms: ms(start.elapsed()),
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
    wanted: &protocol::Job,
    pipeline: Option<&Pipeline>,
) -> Result<Option<image2_picture::Picture>, WorkerError> {
    let pipeline = pipeline.ok_or(WorkerError::NoModel)?;
    let recipe = Recipe {
        width: wanted.width,
        height: wanted.height,
        steps: wanted.steps,
        guidance: wanted.guidance,
        ..pipeline.recipe(&wanted.prompt, wanted.seed)
    };
    wire::send(&Event::Progress {
        id,
        step: 0,
        steps: recipe.steps,
        elapsed_ms: 0.0,
        left_ms: None,
        frame: None,
    });
    let mut teller = Teller {
        id,
        steps: recipe.steps,
        first: None,
    };
    if teller.cancelled().await.is_break() {
        return Ok(None);
    }
    Ok(pipeline.generate(&recipe, &mut teller).await?)
}

/// Tells each step and listens for `Cancel` between them.
struct Teller {
    id: JobId,
    steps: u32,
    /// The first step also encodes the prompt, and compiles what its settings need anew: it says nothing
    /// about the others.
    first: Option<Duration>,
}

impl Teller {
    async fn cancelled(&self) -> ControlFlow<()> {
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

impl Observer for Teller {
    async fn step(&mut self, step: Step) -> ControlFlow<()> {
        let frame = Frame {
            width: step.preview.width(),
            height: step.preview.height(),
        };
        let progress = Event::Progress {
            id: self.id,
            step: step.number,
            steps: self.steps,
            elapsed_ms: ms(step.elapsed),
            left_ms: Some(ms(self.left(&step))),
            frame: Some(frame),
        };
        wire::send_pixels(&progress, step.preview.rgba());
        self.cancelled().await
    }
}

/// What the interface needs to know of a model.
pub(crate) fn describe(pipeline: &Pipeline) -> ModelInfo {
    let (manifest, config) = (pipeline.manifest(), pipeline.network().config());
    let about = &manifest.about;
    let [side_min, side_max] = pipeline.side_limits().map(|side| side as u32);
    let [height, width] = config.size.map(|side| side as u32);
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
        width,
        height,
        alpha: config.channels == 4,
        steps: about.sampler.steps,
        guidance: about.sampler.guidance,
        sampler: about.sampler.method.name().to_owned(),
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
