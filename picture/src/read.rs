//! Reads parameters from an untrusted PNG file.
//!
//! This does not use the `png` decoder: it reads chunk headers, copies only the one text that it
//! looks for and decompresses nothing, so the size limit of that text bounds its memory.

use crate::container::{Crc, SIGNATURE};
use crate::write::IMAGE2_KEYWORD;
use crate::{Parameters, PictureError};

/// Size limit of the text: an escaped prompt of 100,000 characters fits.
const TEXT_BYTES_MAX: usize = 1 << 20;

/// Reads the parameters that [`crate::encode_png`] wrote; `None` if the file has none.
///
/// # Errors
/// If the file is not a PNG or is cut off before its parameters, or if they are damaged, too large
/// or not what this crate writes.
pub fn read_parameters(file: &[u8]) -> Result<Option<Parameters>, PictureError> {
    let mut rest = file.strip_prefix(SIGNATURE).ok_or(PictureError::NotPng)?;
    let truncated = PictureError::Truncated { len: file.len() };
    // A chunk: big-endian length, type, data, CRC-32 of type and data.
    loop {
        let offset = file.len() - rest.len();
        let Some((length, after)) = rest.split_first_chunk() else {
            return Err(truncated);
        };
        let length = u32::from_be_bytes(*length) as usize;
        let Some((checked, after)) = after.split_at_checked(length.saturating_add(4)) else {
            return Err(truncated);
        };
        let Some((crc, after)) = after.split_first_chunk() else {
            return Err(truncated);
        };
        let (kind, data) = checked.split_at(4);
        rest = after;
        match kind {
            b"IEND" => return Ok(None),
            b"iTXt" => {
                let Some(text) = own_text(data) else { continue };
                if text.len() > TEXT_BYTES_MAX {
                    return Err(PictureError::TooLarge {
                        len: text.len(),
                        limit: TEXT_BYTES_MAX,
                    });
                }
                if Crc::of(checked).to_bytes() != *crc {
                    return Err(PictureError::Damaged { offset });
                }
                let text = str::from_utf8(text).map_err(|error| PictureError::Parameters {
                    reason: error.to_string(),
                })?;
                return Parameters::from_json(text).map(Some);
            }
            _ => {}
        }
    }
}

/// The text of an iTXt chunk with our keyword. The layout is: keyword, 0, compression flag and
/// method, language, 0, translated keyword, 0, text. This crate writes the fields in between as
/// zeros and ignores chunks that have other values there.
fn own_text(data: &[u8]) -> Option<&[u8]> {
    data.strip_prefix(IMAGE2_KEYWORD.as_bytes())?
        .strip_prefix(&[0; 5])
}
