//! The rules that a manifest, a header or a size can break, with the values found.
//!
//! Each type serializes to the arguments of its error: data for programs. The `Display` text is for
//! logs and the command line.

mod header;

use std::fmt;

use serde::Serialize;

pub use header::HeaderFault;

use crate::dtype::Dtype;
use crate::{Component, Format, Layout, Shape};

/// A rule that a manifest breaks, or an addition to a package.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ManifestFault {
    /// The last line is not a digest: the file is cut short, or is no manifest.
    #[error("does not end with its digest: it is cut short or not a package")]
    Unsealed,
    /// Not the JSON that the format defines.
    #[error("{reason}")]
    Json {
        /// The parser's own message.
        reason: String,
    },
    /// `format` names something else.
    #[error("format is {found:?}, not {:?}", crate::FORMAT_NAME)]
    Format {
        /// The value found.
        found: String,
    },
    /// A field's value breaks the field's rule.
    #[error("{field} is {found:?}, not {rule}")]
    Value {
        /// The field's path, as `picture.range`.
        field: String,
        /// The value found.
        found: String,
        /// The rule.
        #[serde(flatten)]
        rule: Rule,
    },
    /// A field names a file that `files` does not list.
    #[error("{field} names {file:?}, which files does not list")]
    Unlisted {
        /// The field's path.
        field: String,
        /// The name found.
        file: String,
    },
    /// A file, a tensor, a look or a colour occurs twice.
    #[error("{name:?} occurs twice")]
    Repeated {
        /// The name.
        name: String,
    },
    /// There are tensors of a component that the package lacks, or that has no network.
    #[error("there are tensors of {component}, which is not there or has no network")]
    NoNetwork {
        /// The component.
        component: Component,
    },
    /// A file has more or fewer digests than chunks.
    #[error("{file} has {expected} chunks, but {found} digests")]
    Chunks {
        /// The file's name.
        file: String,
        /// Chunks that its size makes.
        expected: u64,
        /// Digests listed.
        found: u64,
    },
    /// A tensor is placed in a file that holds no tensors or does not exist.
    #[error("tensor {tensor} lies in file {index}, which is no shard")]
    NoShard {
        /// The tensor's name.
        tensor: String,
        /// The index into `files`.
        index: u32,
    },
    /// The tensors of a file take more bytes than the file has.
    #[error("{file} has {size_bytes} bytes for {used_bytes} bytes of tensors")]
    Overfull {
        /// The file's name.
        file: String,
        /// The file's size.
        size_bytes: u64,
        /// The size of its tensors.
        used_bytes: u64,
    },
    /// A tensor of this shape cannot be stored like this.
    #[error("tensor {tensor} of shape {shape} cannot be {format:?} as {layout:?}")]
    Storage {
        /// The tensor's name.
        tensor: String,
        /// Its shape.
        shape: Shape,
        /// Its format.
        format: Format,
        /// Its layout.
        layout: Layout,
    },
}

/// The rule for one value of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// 1 to 64 lowercase ASCII letters, digits, `-._`, starting with a letter or digit.
    ShortName,
    /// 1 to 256 bytes without control characters.
    Line,
    /// A plain name that every file system takes, other than the manifest's.
    FileName,
    /// Visible ASCII without quotation marks and backslashes, not reserved.
    TensorName,
    /// Two finite numbers, the second larger.
    Ascending,
    /// A finite number above zero.
    Positive,
    /// Within both ends.
    Between {
        /// The least allowed.
        low: u64,
        /// The most allowed.
        high: u64,
    },
    /// Two numbers from 0 to 1, the second not smaller.
    UnitInterval,
    /// A multiple of this within both ends.
    Multiple {
        /// The divisor.
        of: u64,
        /// The least allowed.
        low: u64,
        /// The most allowed.
        high: u64,
    },
    /// Ascending numbers from 0 to 1, one more than there are steps.
    Times,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShortName => f.write_str("a short name"),
            Self::Line => f.write_str("a line of text"),
            Self::FileName => f.write_str("a file name"),
            Self::TensorName => f.write_str("a tensor name"),
            Self::Ascending => f.write_str("an ascending range"),
            Self::Positive => f.write_str("positive"),
            Self::Between { low, high } => write!(f, "{low} to {high}"),
            Self::UnitInterval => f.write_str("an interval within 0 to 1"),
            Self::Multiple { of, low, high } => {
                write!(f, "a multiple of {of} from {low} to {high}")
            }
            Self::Times => f.write_str("ascending from 0 to 1, one more than the steps"),
        }
    }
}

/// A rule that a vocabulary breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[non_exhaustive]
pub enum VocabularyFault {
    /// Not the JSON that the format defines.
    #[error("{reason}")]
    Json {
        /// The parser's own message.
        reason: String,
    },
    /// A name is empty, too long, or has control characters.
    #[error("{name:?} is not a name")]
    Name {
        /// The name.
        name: String,
    },
    /// A name occurs twice.
    #[error("{name:?} occurs twice")]
    Repeated {
        /// The name.
        name: String,
    },
    /// A synonym stands for a thing that is not listed.
    #[error("{synonym:?} stands for {subject:?}, which is not listed")]
    Unknown {
        /// The synonym.
        synonym: String,
        /// The thing.
        subject: String,
    },
}

/// A thing whose size or number is limited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Measured {
    /// `manifest.json`, in bytes.
    Manifest,
    /// The description in `manifest.json`, everything but files and tensors, in bytes.
    About,
    /// The text of a `config`, in bytes.
    Config,
    /// The number of looks or colours.
    Words,
    /// The number of files.
    Files,
    /// The number of tensors.
    Tensors,
    /// A file, in bytes.
    File {
        /// Its name.
        file: String,
    },
    /// The header of a file, in bytes.
    Header {
        /// The file's name.
        file: String,
    },
    /// A stored tensor, in bytes.
    Tensor {
        /// Its name.
        tensor: String,
    },
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => f.write_str("manifest.json"),
            Self::About => f.write_str("the description in manifest.json"),
            Self::Config => f.write_str("a config in manifest.json"),
            Self::Words => f.write_str("the number of looks or colours"),
            Self::Files => f.write_str("the number of files"),
            Self::Tensors => f.write_str("the number of tensors"),
            Self::File { file } => f.write_str(file),
            Self::Header { file } => write!(f, "the header of {file}"),
            Self::Tensor { tensor } => write!(f, "tensor {tensor}"),
        }
    }
}

/// The type and shape of a header's entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryShape {
    /// The type of its numbers.
    pub dtype: Dtype,
    /// Its dimensions.
    pub shape: Vec<usize>,
}

impl fmt::Display for EntryShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.dtype.name(), self.shape)
    }
}

/// A text from a file, cut so that an error stays small.
pub(crate) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
