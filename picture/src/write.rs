//! PNG files: RGB where nothing is transparent, RGBA otherwise, marked as sRGB and as generated.

use png::text_metadata::{ITXtChunk, TEXtChunk};
use png::{BitDepth, ColorType, Encoder, EncodingError, SrgbRenderingIntent};

use crate::metadata::xmp;
use crate::{Parameters, Picture};

/// The keyword that XMP's specification demands.
pub(crate) const XMP_KEYWORD: &str = "XML:com.adobe.xmp";
/// The keyword of this program's own parameters.
pub(crate) const IMAGE2_KEYWORD: &str = "image2";
/// The keyword that other programs read.
const COMMON_KEYWORD: &str = "parameters";

/// Encodes a picture. The mark is always there; the parameters only if they are given.
pub fn encode_png(picture: &Picture, parameters: Option<&Parameters>) -> Vec<u8> {
    let mut file = Vec::new();
    encode(picture, parameters, &mut file)
        .expect("a checked picture and checked texts go into memory without fault");
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
    // In front of the pixels, so that a reader need not load them to find out. Not compressed, as
    // XMP's specification demands, and so that nobody has to decompress a stranger's text.
    writer.write_text_chunk(&ITXtChunk::new(XMP_KEYWORD, xmp(parameters)))?;
    if let Some(parameters) = parameters {
        writer.write_text_chunk(&ITXtChunk::new(IMAGE2_KEYWORD, parameters.to_json()))?;
        let line = parameters.to_line();
        // tEXt is Latin-1; some readers know nothing else.
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
