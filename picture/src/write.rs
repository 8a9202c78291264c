//! PNG files: RGB if all pixels are opaque, else RGBA; tagged as sRGB and as AI-generated.
//!
//! A file is a head with all texts, one chunk with all pixels, and the end. Another head, with or
//! without parameters, can therefore be put before the same pixels. Their compression is the
//! platform's: `flate2` natively, the browser's own in a browser (`browser.rs`).

use crate::container::{END, SIGNATURE, push_chunk};
use crate::metadata::xmp;
use crate::{Parameters, Picture, PictureError};

/// The keyword that the XMP specification requires.
pub(crate) const XMP_KEYWORD: &str = "XML:com.adobe.xmp";
/// The keyword of this crate's parameters.
pub(crate) const IMAGE2_KEYWORD: &str = "image2";
/// The keyword that other programs read.
const COMMON_KEYWORD: &str = "parameters";

/// The form of a file's pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Whether the file has no alpha channel.
    pub is_opaque: bool,
}

/// Bytes between the head and the compressed pixels, and between those and the file's end.
const AROUND_PIXELS: (usize, usize) = (8, 4 + END.len());
/// The colour types of the format.
const RGB: u8 = 2;
const RGBA: u8 = 6;

impl Layout {
    /// So many bytes of a file suffice to [`read`](Self::read) its layout.
    pub const HEAD_BYTES: u32 = 29;

    /// Of a picture's file.
    #[must_use]
    pub fn of(picture: &Picture) -> Self {
        Self {
            width: picture.width(),
            height: picture.height(),
            is_opaque: picture.is_opaque(),
        }
    }

    /// Reads the first bytes of a file that this crate wrote.
    ///
    /// # Errors
    /// [`PictureError::NotPng`] if they are not of such a file.
    pub fn read(file: &[u8]) -> Result<Self, PictureError> {
        let (start, numbers) = file.split_first_chunk().ok_or(PictureError::NotPng)?;
        let expected: &[u8; 16] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
        match (start == expected, numbers) {
            (
                true,
                &[
                    a,
                    b,
                    c,
                    d,
                    e,
                    f,
                    g,
                    h,
                    8,
                    colour @ (RGB | RGBA),
                    0,
                    0,
                    0,
                    ..,
                ],
            ) => Ok(Self {
                width: u32::from_be_bytes([a, b, c, d]),
                height: u32::from_be_bytes([e, f, g, h]),
                is_opaque: colour == RGB,
            }),
            _ => Err(PictureError::NotPng),
        }
    }

    /// The file before its pixels, with the AI mark and without parameters.
    #[must_use]
    pub fn bare_head(self) -> Vec<u8> {
        self.head(&xmp(None))
    }

    /// The file before its pixels, with the AI mark and parameters.
    #[must_use]
    pub fn full_head(self, parameters: &Parameters) -> Vec<u8> {
        let mut file = self.head(&xmp(Some(parameters)));
        push_text(&mut file, IMAGE2_KEYWORD, &parameters.to_json());
        push_common_text(&mut file, &parameters.to_line());
        file
    }

    fn head(self, xmp: &str) -> Vec<u8> {
        let mut file = SIGNATURE.to_vec();
        let colour = if self.is_opaque { RGB } else { RGBA };
        let [width, height] = [self.width, self.height].map(u32::to_be_bytes);
        let numbers = [&width[..], &height, &[8, colour, 0, 0, 0]].concat();
        push_chunk(&mut file, b"IHDR", &numbers);
        let perceptual = 0;
        push_chunk(&mut file, b"sRGB", &[perceptual]);
        // Texts precede the pixels, so readers need not load those. They are not compressed: the XMP
        // specification requires it, and readers of untrusted files need not decompress anything.
        push_text(&mut file, XMP_KEYWORD, xmp);
        file
    }

    /// Where the compressed pixels lie in a file of `size_bytes` without parameters: a zlib stream.
    #[must_use]
    pub fn pixels(self, size_bytes: u64) -> [u64; 2] {
        let (before, after) = AROUND_PIXELS;
        [
            (self.bare_head().len() + before) as u64,
            size_bytes.saturating_sub(after as u64),
        ]
    }

    pub(crate) fn bytes_per_pixel(self) -> usize {
        if self.is_opaque { 3 } else { 4 }
    }

    pub(crate) fn row_bytes(self) -> usize {
        self.width as usize * self.bytes_per_pixel()
    }
}

/// Appends a text in UTF-8.
fn push_text(file: &mut Vec<u8>, keyword: &str, text: &str) {
    // Not compressed, by no method, in no language, with no translated keyword.
    let data = [keyword.as_bytes(), &[0; 5], text.as_bytes()].concat();
    push_chunk(file, b"iTXt", &data);
}

/// Appends the text for other programs. Some of them know only tEXt, which is Latin-1.
fn push_common_text(file: &mut Vec<u8>, text: &str) {
    let latin: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
    match latin {
        Ok(latin) => {
            let data = [COMMON_KEYWORD.as_bytes(), &[0], &latin].concat();
            push_chunk(file, b"tEXt", &data);
        }
        Err(_) => push_text(file, COMMON_KEYWORD, text),
    }
}

/// The rows of a picture in the form of its file.
pub(crate) fn rows(picture: &Picture, layout: Layout) -> impl Iterator<Item = Vec<u8>> {
    let rows = picture.rgba().chunks_exact(4 * layout.width as usize);
    rows.map(move |row| match layout.is_opaque {
        true => row
            .as_chunks()
            .0
            .iter()
            .flat_map(|&[r, g, b, _]| [r, g, b])
            .collect(),
        false => row.to_vec(),
    })
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::{Layout, rows};
    use crate::container::{END, push_chunk};
    use crate::scanlines::Filter;
    use crate::{Parameters, Picture};

    /// Encodes a picture as a PNG file. The AI mark is always written, `parameters` only if given.
    #[must_use]
    pub fn encode_png(picture: &Picture, parameters: Option<&Parameters>) -> Vec<u8> {
        let layout = Layout::of(picture);
        let mut filter = Filter::new(layout.row_bytes(), layout.bytes_per_pixel());
        let mut zlib = ZlibEncoder::new(vec![], Compression::default());
        let mut scanline = vec![];
        for row in rows(picture, layout) {
            scanline.clear();
            filter.push(&row, &mut scanline);
            zlib.write_all(&scanline).expect("memory takes all bytes");
        }
        let mut file = parameters.map_or_else(
            || layout.bare_head(),
            |parameters| layout.full_head(parameters),
        );
        push_chunk(&mut file, b"IDAT", &zlib.finish().expect("likewise"));
        file.extend(END);
        file
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub use native::encode_png;
