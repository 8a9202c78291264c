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
    #[error("the browser gives no more memory")]
    Memory,
}

impl WorkerError {
    /// Logs the whole fault and tells the part that helps.
    pub(crate) fn failure(&self) -> Failure {
        log::error!("{self}");
        let (code, remedy) = match self {
            Self::Fetch { .. } => ("package.fetch", Remedy::FetchAgain),
            Self::NoModel => ("worker.no_model", Remedy::Restart),
            Self::Memory => ("worker.memory", Remedy::Restart),
            Self::Model(error) => (error.code(), remedy(error)),
        };
        Failure {
            code: code.to_owned(),
            message: sentence(self),
            remedy,
        }
    }
}

const MEMORY: &str = "This needs more memory than the browser gives.";
const REFUSED: &str = "The GPU's driver refused a command.";

fn remedy(error: &ModelError) -> Remedy {
    match error {
        ModelError::Request(_) | ModelError::Text(_) => Remedy::ChangeRequest,
        // The files may have been replaced since: the same ones would fail again.
        ModelError::Package(_)
        | ModelError::Architecture(_)
        | ModelError::Config(_)
        | ModelError::Tokenizer(_)
        | ModelError::Weight { .. } => Remedy::FetchAgain,
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
            _ => REFUSED,
        }
        .to_owned(),
        WorkerError::Model(ModelError::Package(fault)) => {
            format!("The model's files are not as they should be: {fault}.")
        }
        WorkerError::Model(ModelError::Output { .. }) => {
            "What was computed is not a picture.".to_owned()
        }
        WorkerError::Model(ModelError::Request(sentence) | ModelError::Text(sentence)) => {
            format!("{sentence}.")
        }
        WorkerError::Model(ModelError::TooLarge { .. }) => {
            "The model is larger than this device can hold.".to_owned()
        }
        WorkerError::Model(
            ModelError::Architecture(_)
            | ModelError::Config(_)
            | ModelError::Tokenizer(_)
            | ModelError::Weight { .. },
        ) => "This version of the program cannot run this model.".to_owned(),
        WorkerError::Model(_) => "The computation failed.".to_owned(),
        WorkerError::Fetch { .. } => "The model could not be fetched.".to_owned(),
        WorkerError::NoModel => "No model is loaded.".to_owned(),
        WorkerError::Memory => MEMORY.to_owned(),
    }
}

/// A panic ends the worker; what it was about decides what to try next.
pub(crate) fn of_panic(info: &str) -> Failure {
    let lower = info.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let (code, message, remedy) = if says(&[
        "out of memory",
        "allocate",
        "allocation",
        "capacity overflow",
    ]) {
        ("worker.memory", MEMORY, Remedy::Restart)
    } else if says(&["backend/webgpu.rs", "wgpu error"]) {
        // wgpu panics on errors of the driver that it has no name for.
        ("gpu.refused", REFUSED, Remedy::UseCpu)
    } else {
        let message = "The program made a mistake and stopped this run.";
        ("worker.panic", message, Remedy::Restart)
    };
    Failure {
        code: code.to_owned(),
        message: message.to_owned(),
        remedy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_sorted_by_what_they_say() {
        let code = |info: &str| of_panic(info).code;
        assert_eq!(
            code("panicked at src/backend/webgpu.rs:84: Unexpected error"),
            "gpu.refused"
        );
        assert_eq!(
            code("panicked at raw_vec.rs: capacity overflow"),
            "worker.memory"
        );
        assert_eq!(
            code("panicked at pipeline.rs: index out of bounds"),
            "worker.panic"
        );
    }

    #[test]
    fn internals_are_not_shown() {
        let secret = ModelError::Execution("shader source …".into());
        let failure = WorkerError::from(secret).failure();
        assert_eq!(
            (failure.code.as_str(), failure.message.as_str()),
            ("engine.execution", "The computation failed.")
        );
    }
}
