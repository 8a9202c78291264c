//! The one error of this library, with a stable code for the worker and the command line.

use image2_package::PackageError;
use image2_shaders::DeviceFault;

/// What can go wrong between a package and a picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The package cannot be read or believed.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The device failed.
    #[error(transparent)]
    Device(#[from] DeviceFault),
    /// The manifest describes a network that cannot be.
    #[error("the model's configuration is wrong: {0}")]
    Config(String),
    /// The package is sound, but this program does not know its architecture.
    #[error("this program does not know the architecture {0:?}")]
    Architecture(String),
    /// A tensor is missing or has another shape than the network's.
    #[error("the model's weight {name} {fault}")]
    Weight {
        /// The tensor's name in the package.
        name: String,
        /// "is missing", "has shape [2, 3], not [3, 2]", …
        fault: String,
    },
    /// The tokenizer file is of another kind.
    #[error("the model's tokenizer cannot be read: {0}")]
    Tokenizer(String),
    /// A text that the model cannot take.
    #[error("{0}")]
    Text(String),
    /// A request outside the model's limits; the sentence says which and what is allowed.
    #[error("{0}")]
    Request(String),
    /// A weight larger than one buffer of the device, or a model larger than all of it.
    #[error("{size_bytes} bytes are more than the {limit_bytes} that this device can hold")]
    TooLarge {
        /// What is needed.
        size_bytes: u64,
        /// The device's limit.
        limit_bytes: u64,
    },
    /// Reading a result back failed for a reason other than a known device fault.
    #[error("the computation failed: {0}")]
    Execution(String),
    /// The network's output is not a picture.
    #[error("step {step} gave no picture: {fault:?}")]
    Output {
        /// From 1.
        step: u32,
        /// What is wrong with it.
        fault: image2_picture::checks::Fault,
    },
}

impl ModelError {
    /// Stable across versions; crosses to the interface.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Package(error) => error.code(),
            Self::Device(fault) => fault.code(),
            Self::Config(_) => "model.config",
            Self::Architecture(_) => "model.architecture",
            Self::Weight { .. } => "model.weight",
            Self::Tokenizer(_) => "model.tokenizer",
            Self::Text(_) => "request.text",
            Self::Request(_) => "request.invalid",
            Self::TooLarge { .. } => "gpu.limits",
            Self::Execution(_) => "engine.execution",
            Self::Output { .. } => "engine.output",
        }
    }
}
