//! Reads a picture of another program: untrusted, so its size is checked before its pixels are
//! decoded.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};
use image2_picture::{Parameters, Picture, read_parameters};

use crate::failure::InputError;
use crate::names::shown;

/// A longer side cannot be enlarged.
const SIDE_MAX: u32 = 4096;
/// A file of pixels of 16 bits a channel, and some more.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// A picture that was read.
#[derive(Debug, PartialEq)]
pub struct Input {
    /// Upright, 8 bits a channel.
    pub picture: Picture,
    /// How it was drawn, if its file says so.
    pub parameters: Option<Parameters>,
    /// Whether its file says that its colours are not those of sRGB.
    pub has_other_colours: bool,
}

/// The picture in a file, or on standard input if the path is `-`.
pub fn input(path: &Path) -> Result<Input, InputError> {
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

fn decode(bytes: &[u8]) -> Result<Input, String> {
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
    let profile = decoder.icc_profile().map_err(text)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(text)?;
    image.apply_orientation(orientation);
    let image = image.into_rgba8();
    let (width, height) = image.dimensions();
    let picture = Picture::new(width, height, image.into_raw());
    Ok(Input {
        picture: picture.map_err(|error| error.to_string())?,
        // Of other programs, and damaged ones, there are none.
        parameters: read_parameters(bytes).unwrap_or_default(),
        has_other_colours: profile.is_some_and(|profile| !is_srgb(&profile)),
    })
}

/// Whether an ICC profile calls itself sRGB, in ASCII or in UTF-16.
fn is_srgb(profile: &[u8]) -> bool {
    let says = |name: &[u8]| profile.windows(name.len()).any(|part| part == name);
    says(b"sRGB") || says(b"s\0R\0G\0B")
}

#[cfg(test)]
mod tests {
    use image::codecs::png::PngEncoder;
    use image::{ExtendedColorType, ImageEncoder as _};
    use image2_picture::{Recipe, encode_png};

    use super::*;

    #[test]
    fn pictures_with_and_without_alpha_are_read_as_they_are() {
        for alpha in [255, 7] {
            let rgba = vec![1, 2, 3, alpha, 200, 100, 50, 255];
            let picture = Picture::new(2, 1, rgba).expect("two pixels");
            let input = Input {
                picture,
                parameters: None,
                has_other_colours: false,
            };
            assert_eq!(decode(&encode_png(&input.picture, None)), Ok(input));
        }
    }

    #[test]
    fn what_the_file_says_of_its_making_is_read() {
        let picture = Picture::new(1, 1, vec![1, 2, 3, 255]).expect("a pixel");
        let parameters = Parameters {
            recipe: Recipe {
                prompt: "a cat".to_owned(),
                ..Recipe::default()
            },
            model: "mini".to_owned(),
            model_digest: "00".to_owned(),
            program: "Image 2".to_owned(),
        };
        let read = decode(&encode_png(&picture, Some(&parameters))).expect("a picture");
        assert_eq!(read.parameters, Some(parameters));
    }

    #[test]
    fn a_profile_of_other_colours_is_noticed() {
        let picture = Picture::new(1, 1, vec![1, 2, 3, 255]).expect("a pixel");
        let with_profile = |profile: &[u8]| {
            let mut file = Vec::new();
            let mut encoder = PngEncoder::new(&mut file);
            encoder
                .set_icc_profile(profile.to_vec())
                .expect("a PNG can");
            encoder
                .write_image(picture.rgba(), 1, 1, ExtendedColorType::Rgba8)
                .expect("written");
            decode(&file).expect("a picture").has_other_colours
        };
        assert!(with_profile(b"\0D\0i\0s\0p\0l\0a\0y\0 \0P\x003"));
        assert!(!with_profile(b"desc sRGB IEC61966-2.1"));
        assert!(!with_profile(b"\0s\0R\0G\0B\0 \0v\x004"));
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
