//! The session's types: where it stands, what failed, what is to be done.

use image2_picture::Recipe;
use image2_protocol::{Estimate, Failure, Frame, JobId, ModelInfo, Note, Remedy, Request, Stage};

use crate::recipe::Wanted;

/// How far the worker is.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Fetching and compiling the worker, opening its device.
    Starting,
    /// Fetching the model.
    Loading {
        received_bytes: u64,
        total_bytes: u64,
    },
    /// Compiling what the first picture needs.
    Preparing { done: u32, total: u32 },
    /// A job can be sent.
    Ready(ModelInfo),
    /// Not usable until the person decides; [`Session::trouble`](super::Session) has the reason.
    Down,
}

/// The picture that is being made.
#[derive(Clone, Debug, PartialEq)]
pub enum Run {
    Idle,
    /// Starts as soon as the model is loaded.
    Waiting(Wanted),
    Active(Active),
}

/// A job that the worker has received.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    pub id: JobId,
    pub wanted: Wanted,
    /// As sent: `wanted` within the limits of the loaded model.
    pub recipe: Recipe,
    pub progress: Progress,
    pub cancelling: Cancelling,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub stage: Stage,
    /// Of the stage's parts.
    pub done: u32,
    pub all: u32,
    /// Remaining time of the whole job.
    pub left_ms: Option<f64>,
    /// Whether no other stage follows.
    pub is_last_stage: bool,
}

/// The part of a job that drawing takes where enlarging follows, in percent: for one continuous bar.
const DRAWING_PERCENT: u64 = 15;

impl Progress {
    /// How much of the job is done, in percent.
    pub fn percent(self) -> u32 {
        let (before, whole) = match (self.stage, self.is_last_stage) {
            (Stage::Drawing, true) => (0, 100),
            (Stage::Drawing, false) => (0, DRAWING_PERCENT),
            (Stage::Enlarging, _) => (DRAWING_PERCENT, 100 - DRAWING_PERCENT),
        };
        let (done, all) = (u64::from(self.done), u64::from(self.all.max(1)));
        let percent = before + whole * done.min(all) / all;
        u32::try_from(percent).unwrap_or(100)
    }
}

/// Whether a job has been asked to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cancelling {
    No,
    /// When it was asked, in milliseconds of the session's clock.
    Since(f64),
    /// Unanswered for so long that the worker may be ended instead.
    Overdue,
}

/// What a picture would take, as far as the worker knows beforehand.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimated {
    /// As it was asked, without prompt and seed.
    pub recipe: Recipe,
    /// The cost, or why the device refuses.
    pub outcome: Result<Estimate, Failure>,
}

/// The last job that ended as a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Completed {
    pub id: JobId,
    pub notes: Vec<Note>,
}

/// A failure that is shown, with the picture that it cost, if any.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    pub failure: Failure,
    pub lost: Option<Wanted>,
}

/// A person's choices about a trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Edit,
    Retry,
    Restart,
    UseCpu,
    FetchAgain,
    Reload,
    Dismiss,
}

/// The host's next task.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// End the worker, if one runs, and start a new one; on the processor if `cpu`.
    Spawn { cpu: bool },
    /// End the worker.
    Terminate,
    /// Send `Load` with the address of the package; `fresh` bypasses the browser's cache.
    Load { fresh: bool },
    /// Send a request that carries no buffers.
    Send(Request),
    /// Show the frame whose pixels came with this event.
    Preview(Frame),
    /// Deliver the picture whose files came with this event.
    Deliver {
        recipe: Recipe,
        model: Box<ModelInfo>,
        frame: Frame,
        elapsed_ms: f64,
        notes: Vec<Note>,
    },
    /// Put the caret into the prompt.
    EditPrompt,
    /// Load the page again.
    Reload,
}

impl Trouble {
    /// The actions to offer, the best first. The processor is one only if the GPU was in use.
    pub fn actions(&self, on_gpu: bool) -> Vec<Action> {
        let mut actions = match self.failure.remedy {
            Remedy::ChangeRequest => vec![Action::Edit],
            Remedy::Retry => vec![Action::Retry],
            Remedy::Restart if on_gpu => vec![Action::Restart, Action::UseCpu],
            Remedy::UseCpu if on_gpu => vec![Action::UseCpu, Action::Restart],
            Remedy::Restart | Remedy::UseCpu => vec![Action::Restart],
            Remedy::FetchAgain => vec![Action::FetchAgain],
            Remedy::Reload => vec![Action::Reload],
        };
        actions.push(Action::Dismiss);
        actions
    }
}
