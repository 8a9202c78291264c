//! Failures of reading a served file.

use std::{io, path::PathBuf};

/// Why a file that exists could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file was written while it was being read; a retry helps.
    #[error("the file is being replaced")]
    Changed,
    /// The system refused to read the file.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// Relative to the served folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The background task that read the file panicked or was cancelled.
    #[error("a task that reads files failed: {0}")]
    TaskFailed(#[from] tokio::task::JoinError),
}

impl FileError {
    /// The stable name of this failure, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Changed => "file_changed",
            Self::Unreadable { .. } => "file_unreadable",
            Self::TaskFailed(_) => "internal",
        }
    }
}
