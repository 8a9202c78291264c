//! Faults as the interface shows them: a code, a sentence, and what to do about it.

use image2_models::{DeviceFault, ModelError};
use image2_protocol::{Failure, Remedy};

/// What can go wrong in the worker.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkerError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("{url} could not be read: {reason}")]
    Fetch { url: String, reason: String },
    #[error("no model is loaded")]
    NoModel,
}

impl WorkerError {
    /// Logs the whole fault and tells the part that helps.
    pub(crate) fn failure(&self) -> Failure {
        log::error!("{self}");
        let (code, remedy) = match self {
            Self::Fetch { .. } => ("package.fetch", Remedy::FetchAgain),
            Self::NoModel => ("worker.no_model", Remedy::Restart),
            Self::Model(error) => (error.code(), remedy(error)),
        };
        Failure {
            code: code.to_owned(),
            message: sentence(self),
            remedy,
        }
    }
}

fn remedy(error: &ModelError) -> Remedy {
    match error {
        ModelError::Request(_) | ModelError::Text(_) => Remedy::ChangeRequest,
        ModelError::Package(_) => Remedy::FetchAgain,
        ModelError::Device(DeviceFault::Lost(_)) => Remedy::Restart,
        ModelError::Device(_) | ModelError::TooLarge { .. } | ModelError::Output { .. } => {
            Remedy::UseCpu
        }
        _ => Remedy::Restart,
    }
}

fn sentence(error: &WorkerError) -> String {
    match error {
        WorkerError::Model(ModelError::Device(fault)) => match fault {
            DeviceFault::Unavailable(_) => "The browser offers no usable GPU.",
            DeviceFault::Lost(_) => {
                "The connection to the GPU was lost, as after a driver update or a reset."
            }
            DeviceFault::OutOfMemory(_) => "The GPU has no memory left for this picture.",
            _ => "The GPU's driver refused a command.",
        }
        .to_owned(),
        WorkerError::Model(ModelError::Package(fault)) => {
            format!("The model's files are not as they should be: {fault}.")
        }
        WorkerError::Model(ModelError::Output { .. }) => {
            "The GPU computed something that is not a picture.".to_owned()
        }
        WorkerError::Fetch { .. } => "The model could not be fetched.".to_owned(),
        other => format!("{other}."),
    }
}

/// A panic ends the worker; what it was about decides what to try next.
pub(crate) fn of_panic(info: &str) -> Failure {
    let lower = info.to_lowercase();
    let memory = lower.contains("out of memory") || lower.contains("allocation");
    let (code, message, remedy) = match memory {
        true => (
            "worker.memory",
            "This picture needs more memory than the browser gives.",
            Remedy::Restart,
        ),
        false => (
            "worker.panic",
            "The program made a mistake and stopped this run.",
            Remedy::Restart,
        ),
    };
    Failure {
        code: code.to_owned(),
        message: message.to_owned(),
        remedy,
    }
}
