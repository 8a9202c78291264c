//! One job: from a recipe to a picture's file.

use image2_models::tokenizer::Tokens;
use image2_picture::{Picture, Recipe, browser};
use image2_protocol::{Estimate, Event, Frame, JobId, Note};
use js_sys::Uint8Array;
use web_time::Instant;

use crate::failure::WorkerError;
use crate::model::Model;
use crate::report::{Reporter, frame, ms};
use crate::wire;

/// The longer side of a thumbnail: the page's, on screens with two pixels a point.
const THUMBNAIL_SIDE: u32 = 144;

/// Runs the job to its end and reports how it ended.
pub(crate) async fn run(id: JobId, recipe: &Recipe, model: Option<&mut Model>) {
    let start = Instant::now();
    match generate(id, recipe, model).await {
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

/// Answers what a picture would take.
pub(crate) fn estimate(id: JobId, recipe: &Recipe, model: Option<&Model>) {
    let cost = model
        .ok_or(WorkerError::NoModel)
        .and_then(|model| model.cost(recipe));
    let estimate = cost.map(|cost| Estimate {
        memory_bytes: cost.memory_bytes,
        duration_ms: cost.duration().map(ms),
    });
    let outcome = estimate.map_err(|error| error.failure());
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
    model: Option<&mut Model>,
) -> Result<Option<Made>, WorkerError> {
    let model = model.ok_or(WorkerError::NoModel)?;
    let mut reporter = Reporter::start(id, recipe.steps, model.cost(recipe)?);
    if reporter.check_cancel().await.is_break() {
        return Ok(None);
    }
    let Some(picture) = model.generate(recipe, &mut reporter).await? else {
        return Ok(None);
    };
    Ok(Some(Made {
        frame: frame(&picture),
        files: [
            encode(&picture).await?,
            encode(&picture.thumbnail(THUMBNAIL_SIDE)).await?,
        ],
        notes: notes(&recipe.prompt, model),
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
fn notes(prompt: &str, model: &Model) -> Vec<Note> {
    let Tokens {
        unknown, unread, ..
    } = model.pipeline.tokens(prompt);
    let unread = (!unread.is_empty()).then(|| Note::new("words.unread").with("text", unread));
    let unknown = (!unknown.is_empty()).then(|| Note::new("words.unknown").with("words", unknown));
    unread.into_iter().chain(unknown).collect()
}
