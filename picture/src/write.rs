//! PNG encoding: RGB if all pixels are opaque, else RGBA; tagged as sRGB and as AI-generated.

use png::text_metadata::{ITXtChunk, TEXtChunk};
use png::{BitDepth, ColorType, Encoder, EncodingError, SrgbRenderingIntent};

use crate::metadata::xmp;
use crate::{Parameters, Picture};

/// The keyword that the XMP specification requires.
pub(crate) const XMP_KEYWORD: &str = "XML:com.adobe.xmp";
/// The keyword of this crate's parameters.
pub(crate) const IMAGE2_KEYWORD: &str = "image2";
/// The keyword that other programs read.
const COMMON_KEYWORD: &str = "parameters";

/// Encodes a picture as a PNG file. The AI mark is always written, `parameters` only if given.
pub fn encode_png(picture: &Picture, parameters: Option<&Parameters>) -> Vec<u8> {
    let mut file = Vec::new();
    encode(picture, parameters, &mut file)
        .expect("a valid picture and valid texts can be encoded into memory");
    file
}

fn encode(
    picture: &Picture,
    parameters: Option<&Parameters>,
    file: &mut Vec<u8>,
) -> Result<(), EncodingError> {
    let mut encoder = Encoder::new(file, picture.width(), picture.height());
    let opaque = picture.is_opaque();
    encoder.set_color(if opaque {
        ColorType::Rgb
    } else {
        ColorType::Rgba
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_source_srgb(SrgbRenderingIntent::Perceptual);
    let mut writer = encoder.write_header()?;
    // Texts precede the pixels, so readers need not load those. They are not compressed: the XMP
    // specification requires it, and readers of untrusted files need not decompress anything.
    writer.write_text_chunk(&ITXtChunk::new(XMP_KEYWORD, xmp(parameters)))?;
    if let Some(parameters) = parameters {
        writer.write_text_chunk(&ITXtChunk::new(IMAGE2_KEYWORD, parameters.to_json()))?;
        let line = parameters.to_line();
        // Some readers know only tEXt, which is Latin-1.
        if line.chars().all(|c| u32::from(c) < 256) {
            writer.write_text_chunk(&TEXtChunk::new(COMMON_KEYWORD, line))?;
        } else {
            writer.write_text_chunk(&ITXtChunk::new(COMMON_KEYWORD, line))?;
        }
    }
    if opaque {
        let rgb: Vec<u8> = picture
            .pixels()
            .flat_map(|&[r, g, b, _]| [r, g, b])
            .collect();
        writer.write_image_data(&rgb)?;
    } else {
        writer.write_image_data(picture.rgba())?;
    }
    writer.finish()
}
