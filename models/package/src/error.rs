//! The one error of this crate: what was wrong with which file, with the values found.
//!
//! [`PackageError::code`] is stable: it crosses from the worker to the interface, which chooses
//! the words for the user by it. A new fault gets a new code; an old code keeps its meaning.

use std::io;

use crate::blocks::NotFinite;

/// Why a package could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// The disk or the transport failed.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder in question.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The manifest lists a file that is not there.
    #[error("the package lacks the file {file}")]
    MissingFile {
        /// The file's name inside the package.
        file: String,
    },
    /// A file ends too early.
    #[error("{file} ends after {actual_bytes} of {expected_bytes} bytes")]
    Truncated {
        /// The file's name inside the package.
        file: String,
        /// The size that the manifest states.
        expected_bytes: u64,
        /// The size found.
        actual_bytes: u64,
    },
    /// A file's bytes are not those that the manifest was made for.
    #[error("{file} is damaged or was changed: chunk {chunk} has another SHA-256")]
    Tampered {
        /// The file's name inside the package.
        file: String,
        /// The number of the chunk, from 0; one past the last where a file is too long.
        chunk: usize,
    },
    /// The package was made for another version of this program.
    #[error("package version {found} is unknown; this program reads version {supported}")]
    Version {
        /// The version that the manifest states.
        found: u64,
        /// The one that this program reads.
        supported: u64,
    },
    /// The manifest contradicts itself or the format.
    #[error("manifest.json: {reason}")]
    Manifest {
        /// What is wrong, with the name and value at fault.
        reason: String,
    },
    /// A safetensors header contradicts itself, its file or the manifest.
    #[error("header of {file}: {reason}")]
    Header {
        /// The file's name.
        file: String,
        /// What is wrong, with the name and value at fault.
        reason: String,
    },
    /// A tensor has another shape than its place demands.
    #[error("tensor {tensor} should be {expected}, but is {actual}")]
    Shape {
        /// The tensor's name.
        tensor: String,
        /// What its place demands.
        expected: String,
        /// What was found.
        actual: String,
    },
    /// A number exceeds what this program handles; see [`crate::limits`].
    #[error("{what} is {actual}, more than the limit of {limit}")]
    TooLarge {
        /// What was measured.
        what: String,
        /// The most that is allowed.
        limit: u64,
        /// The value found.
        actual: u64,
    },
    /// No tensor has this name.
    #[error("the package lacks the tensor {tensor}")]
    MissingTensor {
        /// The tensor's name.
        tensor: String,
    },
    /// A weight is NaN or infinite, or would become so in its stored format.
    #[error("tensor {tensor} is not finite at row {row}, column {col}")]
    NotFinite {
        /// The tensor's name.
        tensor: String,
        /// The row, or 0 in a plain tensor.
        row: usize,
        /// The column, or the element in a plain tensor.
        col: usize,
    },
}

impl PackageError {
    /// The fault's stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "package.io",
            Self::MissingFile { .. } => "package.missing_file",
            Self::Truncated { .. } => "package.truncated",
            Self::Tampered { .. } => "package.tampered",
            Self::Version { .. } => "package.version",
            Self::Manifest { .. } => "package.manifest",
            Self::Header { .. } => "package.header",
            Self::Shape { .. } => "package.shape",
            Self::TooLarge { .. } => "package.too_large",
            Self::MissingTensor { .. } => "package.missing_tensor",
            Self::NotFinite { .. } => "package.not_finite",
        }
    }

    pub(crate) fn manifest(reason: impl Into<String>) -> Self {
        Self::Manifest {
            reason: reason.into(),
        }
    }

    pub(crate) fn header(file: &str, reason: impl Into<String>) -> Self {
        Self::Header {
            file: file.to_owned(),
            reason: reason.into(),
        }
    }

    pub(crate) fn too_large(what: impl Into<String>, limit: u64, actual: u64) -> Self {
        Self::TooLarge {
            what: what.into(),
            limit,
            actual,
        }
    }

    pub(crate) fn not_finite(tensor: &str, at: NotFinite) -> Self {
        Self::NotFinite {
            tensor: tensor.to_owned(),
            row: at.row,
            col: at.col,
        }
    }

    /// Wraps an I/O error about `path`.
    pub(crate) fn io(path: impl Into<String>, source: io::Error) -> Self {
        Self::Io {
            path: path.into(),
            source,
        }
    }
}
