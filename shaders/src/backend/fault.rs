//! The faults of a device.

/// A fault that makes every later result unusable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceFault {
    /// No adapter, or the adapter gave no device.
    #[error("no GPU is available: {0}")]
    Unavailable(String),
    /// The device was reset, unplugged or taken away.
    #[error("the GPU was lost: {0}")]
    Lost(String),
    /// An allocation failed.
    #[error("the GPU has no memory left: {0}")]
    OutOfMemory(String),
    /// The driver refused a shader or a command, which is a defect of ours or of the driver.
    #[error("the GPU refused a command: {0}")]
    Refused(String),
}

impl DeviceFault {
    /// A code that is stable across versions and crosses to the interface.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "gpu.unavailable",
            Self::Lost(_) => "gpu.lost",
            Self::OutOfMemory(_) => "gpu.memory",
            Self::Refused(_) => "gpu.refused",
        }
    }
}
