//! The error type of this crate. [`PictureError::code`] is stable; the interface selects its
//! message by it.

/// Why a picture could not be created or read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The dimensions are out of range or do not match the buffer.
    #[error("{width} x {height} pixels cannot be made from {len} values")]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Length of the buffer, in values.
        len: usize,
    },
    /// The bytes are not a PNG file.
    #[error("this is not a PNG file")]
    NotPng,
    /// The file ends within a chunk or before the last chunk.
    #[error("the PNG file is cut off after {len} bytes")]
    Truncated {
        /// Size of the file in bytes.
        len: usize,
    },
    /// The checksum of the chunk with the parameters is wrong.
    #[error("the chunk at byte {offset} is damaged: its checksum is wrong")]
    Damaged {
        /// Offset of the chunk in bytes.
        offset: usize,
    },
    /// The parameters exceed the size limit.
    #[error("the parameters take {len} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Size of the text in bytes.
        len: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The text is not the JSON that this crate writes.
    #[error("the parameters cannot be read: {reason}")]
    Parameters {
        /// The parser's message.
        reason: String,
    },
}

impl PictureError {
    /// The stable code of this error.
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
