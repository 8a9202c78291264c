//! The one error of this crate: what was wrong with which file, with the values found.
//!
//! [`PackageError::code`] is stable: it crosses from the worker to the interface together with
//! [`PackageError::arguments`], and the interface chooses the words. A new fault gets a new code;
//! an old code keeps its meaning. `models/ERRORS.md` lists all of them.

use std::io;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::blocks::NotFinite;
use crate::fault::{EntryShape, HeaderFault, ManifestFault, Measured, VocabularyFault};

/// Why a package could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// The disk or the transport failed.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder in question.
        path: String,
        /// The system's own error.
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
    #[error("package version {found} is unknown; this program reads versions 1 to {supported}")]
    Version {
        /// The version that the manifest states.
        found: u64,
        /// The newest one that this program reads.
        supported: u64,
    },
    /// The manifest contradicts itself or the format.
    #[error("manifest.json: {0}")]
    Manifest(#[from] ManifestFault),
    /// A safetensors header contradicts itself, its file or the manifest.
    #[error("header of {file}: {fault}")]
    Header {
        /// The file's name.
        file: String,
        /// The rule that it breaks.
        fault: HeaderFault,
    },
    /// A vocabulary contradicts itself or the format.
    #[error("{file}: {fault}")]
    Vocabulary {
        /// The file's name.
        file: String,
        /// The rule that it breaks.
        fault: VocabularyFault,
    },
    /// A tensor's entry has another type or shape than the manifest demands.
    #[error("tensor {tensor} should be {expected}, but is {actual}")]
    Shape {
        /// The entry's name.
        tensor: String,
        /// Demanded by the manifest.
        expected: EntryShape,
        /// Found in the file.
        actual: EntryShape,
    },
    /// A number exceeds what this program handles; see [`crate::limits`].
    #[error("{what} is {actual}, more than the limit of {limit}")]
    TooLarge {
        /// The thing measured.
        what: Measured,
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
    /// The error's stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "package.io",
            Self::MissingFile { .. } => "package.missing_file",
            Self::Truncated { .. } => "package.truncated",
            Self::Tampered { .. } => "package.tampered",
            Self::Version { .. } => "package.version",
            Self::Manifest(_) => "package.manifest",
            Self::Header { .. } => "package.header",
            Self::Vocabulary { .. } => "package.vocabulary",
            Self::Shape { .. } => "package.shape",
            Self::TooLarge { .. } => "package.too_large",
            Self::MissingTensor { .. } => "package.missing_tensor",
            Self::NotFinite { .. } => "package.not_finite",
        }
    }

    /// The error's values by name: text for people is made from code and arguments.
    pub fn arguments(&self) -> Map<String, Value> {
        let value = match self {
            Self::Io { path, source } => json!({ "path": path, "reason": source.to_string() }),
            Self::MissingFile { file } => json!({ "file": file }),
            Self::Truncated {
                file,
                expected_bytes,
                actual_bytes,
            } => json!({
                "file": file, "expected_bytes": expected_bytes, "actual_bytes": actual_bytes,
            }),
            Self::Tampered { file, chunk } => json!({ "file": file, "chunk": chunk }),
            Self::Version { found, supported } => json!({ "found": found, "supported": supported }),
            Self::Manifest(fault) => json!(fault),
            Self::Header { file, fault } => {
                return with(json!(fault), [("file", json!(file))]);
            }
            Self::Vocabulary { file, fault } => {
                return with(json!(fault), [("file", json!(file))]);
            }
            Self::Shape {
                tensor,
                expected,
                actual,
            } => json!({ "tensor": tensor, "expected": expected, "actual": actual }),
            Self::TooLarge {
                what,
                limit,
                actual,
            } => {
                return with(
                    json!(what),
                    [("limit", json!(limit)), ("actual", json!(actual))],
                );
            }
            Self::MissingTensor { tensor } => json!({ "tensor": tensor }),
            Self::NotFinite { tensor, row, col } => {
                json!({ "tensor": tensor, "row": row, "column": col })
            }
        };
        with(value, [])
    }

    pub(crate) fn header(file: &str, fault: HeaderFault) -> Self {
        Self::Header {
            file: file.to_owned(),
            fault,
        }
    }

    pub(crate) fn not_finite(tensor: &str, at: NotFinite) -> Self {
        Self::NotFinite {
            tensor: tensor.to_owned(),
            row: at.row,
            col: at.col,
        }
    }

    /// An I/O error about `path`.
    pub(crate) fn io(path: impl Into<String>, source: io::Error) -> Self {
        Self::Io {
            path: path.into(),
            source,
        }
    }

    /// An I/O error about `path`.
    pub(crate) fn io_at(path: &Path, source: io::Error) -> Self {
        Self::io(path.display().to_string(), source)
    }
}

/// An object with more members.
fn with<const N: usize>(value: Value, more: [(&str, Value); N]) -> Map<String, Value> {
    let mut map = match value {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    map.extend(more.map(|(name, value)| (name.to_owned(), value)));
    map
}

#[cfg(test)]
mod tests;
