//! Faults as the page receives them: a code with arguments, and what helps.

use image2_models::{DeviceFault, ModelError};
use image2_protocol::{Failure, Remedy, WireError};

/// What can go wrong in the worker.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkerError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("{url} could not be read: {reason}")]
    Fetch { url: String, reason: String },
    #[error("no model is loaded")]
    NoModel,
    #[cfg(feature = "gpu")]
    #[error("browsers offer WebGPU to pages from https or localhost only")]
    Insecure,
    #[error("the browser provides no more memory")]
    Memory,
    #[error("the picture could not be made a file: {reason}")]
    Encode { reason: String },
    #[error("{width} × {height} pixels take {size_bytes} bytes, more than {limit_bytes}")]
    TooLarge {
        width: u32,
        height: u32,
        size_bytes: u64,
        limit_bytes: u64,
    },
    #[error(transparent)]
    Message(#[from] WireError),
}

impl WorkerError {
    /// Logs the error with all its details and returns the part for the page.
    pub(crate) fn failure(&self) -> Failure {
        log::error!("{self}");
        match self {
            Self::Fetch { .. } => Failure::new("package.fetch", Remedy::FetchAgain),
            #[cfg(feature = "gpu")]
            Self::Insecure => Failure::new("gpu.insecure", Remedy::UseCpu),
            Self::NoModel => Failure::new("worker.no_model", Remedy::Restart),
            Self::Memory => Failure::new("worker.memory", Remedy::Restart),
            Self::Encode { .. } => Failure::new("picture.not_kept", Remedy::Restart),
            Self::TooLarge {
                width,
                height,
                size_bytes,
                limit_bytes,
            } => Failure::new("request.memory", Remedy::ChangeRequest)
                .with("width", *width)
                .with("height", *height)
                .with("size_bytes", *size_bytes)
                .with("limit_bytes", *limit_bytes),
            Self::Message(error) => error.failure(),
            Self::Model(error) => Failure {
                arguments: error.arguments(),
                ..Failure::new(error.code(), remedy(error))
            },
        }
    }
}

fn remedy(error: &ModelError) -> Remedy {
    match error {
        ModelError::Request(_) | ModelError::Text(_) | ModelError::Empty => Remedy::ChangeRequest,
        // The same files would fail again, but they may have been replaced since.
        ModelError::Package(_)
        | ModelError::Architecture(_)
        | ModelError::Config(_)
        | ModelError::Tokenizer(_)
        | ModelError::Weight { .. } => Remedy::FetchAgain,
        ModelError::Device(DeviceFault::Lost(_)) => Remedy::Restart,
        ModelError::Device(_)
        | ModelError::Memory { .. }
        | ModelError::Buffer { .. }
        | ModelError::Output { .. } => Remedy::UseCpu,
        _ => Remedy::Restart,
    }
}

/// The failure behind a panic, which ends the worker. Its message decides what to try next.
pub(crate) fn of_panic(info: &str) -> Failure {
    let lower = info.to_lowercase();
    let contains = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let memory = [
        "out of memory",
        "allocate",
        "allocation",
        "capacity overflow",
    ];
    if contains(&memory) {
        Failure::new("worker.memory", Remedy::Restart)
    } else if contains(&["backend/webgpu.rs", "wgpu error"]) {
        // wgpu panics on driver errors that it has no name for.
        Failure::new("gpu.refused", Remedy::UseCpu)
    } else {
        Failure::new("worker.panic", Remedy::Restart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_classified_by_their_message() {
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
    fn internals_do_not_cross() {
        let internal = ModelError::from(DeviceFault::Refused("shader source …".into()));
        let failure = WorkerError::from(internal).failure();
        assert_eq!(failure.code, "gpu.refused");
        let crossing = serde_json::to_string(&failure).expect("serializes");
        assert!(!crossing.contains("shader source"), "{crossing}");
    }
}
