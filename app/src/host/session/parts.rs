//! The words of the session: where it is, what happened to it, what is to be done.

use image2_protocol::{Failure, Frame, Job, JobId, ModelInfo, Remedy, Request};

use crate::create::settings::Wanted;

/// How far the worker is.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Fetched, compiled, opening its device.
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
    /// Not usable until the user decides; [`Session::trouble`] says why.
    Down,
}

/// What is being made.
#[derive(Clone, Debug, PartialEq)]
pub enum Run {
    Idle,
    /// Starts as soon as the model is loaded.
    Waiting(Wanted),
    Active(Active),
}

/// A job in the worker's hands.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    pub id: JobId,
    pub wanted: Wanted,
    pub job: Job,
    pub step: u32,
    pub left_ms: Option<f64>,
    pub cancelling: Cancelling,
}

/// Whether the user wants a job to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cancelling {
    No,
    Since(f64),
    /// Asked for so long ago that the worker may be ended instead.
    Overdue,
}

/// A failure on show, with the picture that it cost, if any.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    pub failure: Failure,
    pub lost: Option<Wanted>,
}

/// What the user can do about a trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Edit,
    Retry,
    Restart,
    UseCpu,
    FetchAgain,
    Dismiss,
}

/// What the page has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// End the worker, if one runs, and start a new one; on the processor where `cpu`.
    Spawn {
        cpu: bool,
    },
    /// End the worker.
    Terminate,
    /// Send `Load` with the address of the package; `fresh` where a cached copy is in doubt.
    Load {
        fresh: bool,
    },
    Send(Request),
    /// Draw the frame whose pixels came with this event.
    Preview(Frame),
    /// Keep the picture whose pixels came with this event.
    Keep {
        job: Job,
        frame: Frame,
        elapsed_ms: f64,
    },
    /// Put the caret into the prompt.
    EditPrompt,
}

impl Trouble {
    /// What to offer, the best first. The processor is an answer only where it is not the cause.
    pub fn actions(&self, on_gpu: bool) -> Vec<Action> {
        let mut actions = match self.failure.remedy {
            Remedy::ChangeRequest => vec![Action::Edit],
            Remedy::Retry => vec![Action::Retry],
            Remedy::Restart if on_gpu => vec![Action::Restart, Action::UseCpu],
            Remedy::UseCpu if on_gpu => vec![Action::UseCpu, Action::Restart],
            Remedy::Restart | Remedy::UseCpu => vec![Action::Restart],
            Remedy::FetchAgain => vec![Action::FetchAgain],
        };
        actions.push(Action::Dismiss);
        actions
    }
}
