//! Headers that are refused.

use serde::Serialize;

/// A rule that the header of a safetensors file breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[non_exhaustive]
pub enum HeaderFault {
    /// The file ends before the header's length.
    #[error("is too short")]
    Short,
    /// The header is longer than the file.
    #[error("states {stated_bytes} bytes where {room_bytes} follow")]
    Length {
        /// The length stated.
        stated_bytes: u64,
        /// Bytes that follow.
        room_bytes: u64,
    },
    /// Not the JSON that the format defines.
    #[error("{reason}")]
    Json {
        /// The parser's own message.
        reason: String,
    },
    /// An entry overlaps another one, leaves a gap, or has the wrong size.
    #[error("{entry:?} of {size_bytes} bytes lies at {from} to {to}, not from {expected} on")]
    Place {
        /// The entry's name.
        entry: String,
        /// Bytes that its type and shape demand.
        size_bytes: u64,
        /// The start stated, in bytes.
        from: u64,
        /// The end stated, in bytes.
        to: u64,
        /// Where it must start.
        expected: u64,
    },
    /// Header and data are not the whole file.
    #[error("{header_bytes} bytes of header and {data_bytes} of data in a file of {file_bytes}")]
    Size {
        /// The header with its length.
        header_bytes: u64,
        /// The data that entries cover.
        data_bytes: u64,
        /// The file.
        file_bytes: u64,
    },
    /// Two entries have one name.
    #[error("{entry:?} occurs twice")]
    Repeated {
        /// The entry's name.
        entry: String,
    },
    /// An entry named as padding is not padding.
    #[error("{entry:?} is not padding")]
    Padding {
        /// The entry's name.
        entry: String,
    },
    /// There are entries that the manifest does not know.
    #[error("{found} entries where the manifest has {expected} and {padding} are padding")]
    Entries {
        /// All entries.
        found: usize,
        /// Entries of the manifest's tensors.
        expected: usize,
        /// Entries that only align.
        padding: usize,
    },
    /// An entry does not begin at a multiple of four bytes.
    #[error("{entry:?} is not aligned to four bytes")]
    Unaligned {
        /// The entry's name.
        entry: String,
    },
}
