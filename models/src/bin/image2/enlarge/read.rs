//! Reads a picture of another program: untrusted, so its size is checked before its pixels are decoded.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};
use image2_picture::Picture;

use crate::failure::InputError;
use crate::names::shown;

/// A longer side cannot be enlarged.
const SIDE_MAX: u32 = 4096;
/// A file of pixels of 16 bits a channel, and some more.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// The picture in a file, or on standard input if the path is `-`: upright, 8 bits a channel, sRGB.
pub fn picture(path: &Path) -> Result<Picture, InputError> {
    let is_stdin = path.as_os_str() == "-";
    let name = match is_stdin {
        true => "standard input".to_owned(),
        false => shown(path),
    };
    let mut bytes = Vec::new();
    let read = match is_stdin {
        true => std::io::stdin()
            .lock()
            .take(FILE_BYTES_MAX + 1)
            .read_to_end(&mut bytes),
        false => {
            File::open(path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        }
    };
    if let Err(source) = read {
        return Err(InputError::Unreadable { name, source });
    }
    decode(&bytes).map_err(|reason| InputError::Invalid {
        place: name,
        reason,
    })
}

fn decode(bytes: &[u8]) -> Result<Picture, String> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("it is larger than {} MB", FILE_BYTES_MAX >> 20));
    }
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(|error| error.to_string())?;
    let known = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP];
    if !reader
        .format()
        .is_some_and(|format| known.contains(&format))
    {
        return Err("it is not a PNG, JPEG or WebP picture".to_owned());
    }
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE_MAX), Some(SIDE_MAX));
    reader.limits(limits);
    let text = |error: image::ImageError| error.to_string();
    let mut decoder = reader.into_decoder().map_err(text)?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > SIDE_MAX {
        return Err(format!(
            "it has {width} × {height} pixels; at most {SIDE_MAX} a side can be read"
        ));
    }
    let orientation = decoder.orientation().map_err(text)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(text)?;
    image.apply_orientation(orientation);
    let image = image.into_rgba8();
    let (width, height) = image.dimensions();
    Picture::new(width, height, image.into_raw()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use image2_picture::encode_png;

    use super::*;

    #[test]
    fn pictures_with_and_without_alpha_are_read_as_they_are() {
        for alpha in [255, 7] {
            let rgba = vec![1, 2, 3, alpha, 200, 100, 50, 255];
            let picture = Picture::new(2, 1, rgba).expect("two pixels");
            assert_eq!(decode(&encode_png(&picture, None)), Ok(picture));
        }
    }

    #[test]
    fn anything_else_is_refused_with_a_reason() {
        let picture = Picture::new(1, 1, vec![1, 2, 3, 4]).expect("a pixel");
        let png = encode_png(&picture, None);
        let reason = |bytes: &[u8]| decode(bytes).expect_err("refused");
        assert!(reason(b"").contains("PNG, JPEG or WebP"));
        assert!(reason(b"GIF89a").contains("PNG, JPEG or WebP"));
        for length in [9, 20, 33, png.len() - 20] {
            assert!(!reason(&png[..length]).is_empty());
        }
        // A header that promises more pixels than may be read, with its checksum.
        let mut huge = png.clone();
        huge[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
        let crc = crc32(&huge[12..29]);
        huge[29..33].copy_from_slice(&crc.to_be_bytes());
        let reason = reason(&huge);
        assert!(
            reason.contains("4096") || reason.contains("limit"),
            "{reason}"
        );
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
            })
        })
    }
}
