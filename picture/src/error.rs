//! The one error of this crate. [`PictureError::code`] is stable; the interface chooses words by it.

/// Why a picture could not be made or read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Sides and buffer contradict each other or the limits.
    #[error("{width} x {height} pixels cannot be made from {len} values")]
    Size {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// Values given.
        len: usize,
    },
    /// The bytes are no PNG file.
    #[error("this is not a PNG file")]
    NotPng,
    /// The file ends within a chunk, or without its last one.
    #[error("the PNG file ends after {len} bytes, within a chunk")]
    Truncated {
        /// Bytes in the file.
        len: usize,
    },
    /// The parameters' chunk is damaged.
    #[error("the chunk at byte {offset} has another checksum")]
    Damaged {
        /// Where the chunk begins.
        offset: usize,
    },
    /// The parameters' chunk is larger than this program writes.
    #[error("the parameters take {len} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Bytes in the chunk.
        len: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// The parameters' chunk does not hold what this program writes.
    #[error("the parameters cannot be read: {reason}")]
    Parameters {
        /// What is wrong.
        reason: String,
    },
}

impl PictureError {
    /// The fault's stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Size { .. } => "picture.size",
            Self::NotPng => "picture.not_png",
            Self::Truncated { .. } => "picture.truncated",
            Self::Damaged { .. } => "picture.damaged",
            Self::TooLarge { .. } => "picture.too_large",
            Self::Parameters { .. } => "picture.parameters",
        }
    }
}
