//! The export rule: straight 8-bit RGBA from a network's premultiplied planes.

use crate::{Colour, PictureError};

/// Largest width and height in pixels: four times 4K.
pub const SIDE_MAX: u32 = 16_384;

/// Alpha error of a network: transparent areas have up to this much, opaque areas lack up to this
/// much. It covers 99 % of the pixels around the subjects of a four-step network.
pub const HAZE: f32 = 8.0 / 255.0;

/// A picture in sRGB: straight (not premultiplied) RGBA, 8 bits a channel, rows from the top.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

impl Picture {
    /// Creates a picture from `4 * width * height` bytes.
    ///
    /// # Errors
    /// [`PictureError::Size`] if the dimensions are out of range or do not match the buffer.
    pub fn new(width: u32, height: u32, rgba: Vec<u8>) -> Result<Self, PictureError> {
        let pixels = pixels(width, height, rgba.len())?;
        if rgba.len() != 4 * pixels {
            return Err(PictureError::Size {
                width,
                height,
                len: rgba.len(),
            });
        }
        Ok(Self {
            width,
            height,
            rgba,
        })
    }

    /// Creates a picture from a network's output, `[channels, height, width]`: planes of red,
    /// green, blue and, with 4 channels, alpha. Colours are premultiplied; values are 2x − 1.
    ///
    /// Each pixel follows [`straight`] with [`HAZE`]: few-step networks rarely reach the ends of
    /// alpha's range, and a haze around a subject spoils trimming and outlines. Edges stay smooth.
    /// Pictures of 3 channels are opaque. Non-finite values map to arbitrary bytes, so
    /// callers check with [`crate::checks::find_fault`] first.
    ///
    /// # Errors
    /// [`PictureError::Size`] if the dimensions are out of range, do not match the planes, or
    /// `channels` is neither 3 nor 4.
    pub fn from_premultiplied_f32(
        planes: &[f32],
        channels: usize,
        width: u32,
        height: u32,
    ) -> Result<Self, PictureError> {
        let pixels = pixels(width, height, planes.len())?;
        if !matches!(channels, 3 | 4) || planes.len() != channels * pixels {
            return Err(PictureError::Size {
                width,
                height,
                len: planes.len(),
            });
        }
        let unit = |channel: usize, pixel: usize| (planes[channel * pixels + pixel] + 1.0) / 2.0;
        let mut rgba = Vec::with_capacity(4 * pixels);
        for pixel in 0..pixels {
            let alpha = if channels == 4 { unit(3, pixel) } else { 1.0 };
            let [r, g, b] = [0, 1, 2].map(|channel| unit(channel, pixel));
            rgba.extend(straight([r, g, b, alpha], HAZE));
        }
        Ok(Self {
            width,
            height,
            rgba,
        })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels: red, green, blue and alpha of each.
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// Consumes the picture and returns its pixels.
    pub fn into_rgba(self) -> Vec<u8> {
        self.rgba
    }

    /// Whether every pixel is opaque.
    pub fn is_opaque(&self) -> bool {
        self.pixels().all(|[.., alpha]| *alpha == 255)
    }

    /// Whether nothing can be seen: every pixel is transparent.
    pub fn is_transparent(&self) -> bool {
        self.pixels().all(|[.., alpha]| *alpha == 0)
    }

    /// The picture on a ground of this colour: every pixel opaque.
    #[must_use]
    pub fn over(&self, ground: Colour) -> Self {
        let rgba = self.pixels().flat_map(|pixel| {
            let [r, g, b] = over(pixel, ground);
            [r, g, b, 255]
        });
        Self {
            rgba: rgba.collect(),
            ..*self
        }
    }

    pub(crate) fn pixels(&self) -> impl Iterator<Item = &[u8; 4]> {
        self.rgba.as_chunks().0.iter()
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}

/// A straight pixel on a ground.
pub(crate) fn over(&[r, g, b, alpha]: &[u8; 4], Colour(ground): Colour) -> [u8; 3] {
    let blend = |above: u8, below: u8| {
        let [above, below, alpha] = [above, below, alpha].map(u32::from);
        // Rounded to nearest.
        ((above * alpha + below * (255 - alpha) + 127) / 255) as u8
    };
    [
        blend(r, ground[0]),
        blend(g, ground[1]),
        blend(b, ground[2]),
    ]
}

/// One premultiplied pixel, in units of 0..=1, as straight bytes.
///
/// Alpha is clamped to 0..=1. Colour is clamped to alpha and divided by it. Alpha is then stretched
/// so that `haze` maps to 0 and 1 − `haze` to 1. Non-finite values map to arbitrary bytes.
#[must_use]
pub fn straight([r, g, b, alpha]: [f32; 4], haze: f32) -> [u8; 4] {
    let clamped = alpha.clamp(0.0, 1.0);
    let alpha = byte((clamped - haze) / (1.0 - 2.0 * haze));
    if alpha == 0 {
        return [0; 4];
    }
    let [r, g, b] = [r, g, b].map(|colour| byte(colour.max(0.0).min(clamped) / clamped));
    [r, g, b, alpha]
}

fn pixels(width: u32, height: u32, len: usize) -> Result<usize, PictureError> {
    let sides = 1..=SIDE_MAX;
    if sides.contains(&width) && sides.contains(&height) {
        return Ok(width as usize * height as usize);
    }
    Err(PictureError::Size { width, height, len })
}

fn byte(unit: f32) -> u8 {
    // `as` saturates and maps NaN to 0.
    (unit * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exports one pixel of premultiplied values in 0..=1.
    fn pixel(units: [f32; 4]) -> [u8; 4] {
        let planes = units.map(|unit| 2.0 * unit - 1.0);
        let picture = Picture::from_premultiplied_f32(&planes, 4, 1, 1).expect("one pixel");
        *picture.rgba().first_chunk().expect("one pixel")
    }

    #[test]
    fn colour_is_clamped_to_alpha_and_divided_by_it() {
        assert_eq!(pixel([0.25, 0.5, 0.75, 0.5]), [128, 255, 255, 128]);
        assert_eq!(pixel([-0.25, 0.0, 0.1, 0.5]), [0, 0, 51, 128]);
        assert_eq!(pixel([2.0, 1.0, 0.5, 1.5]), [255, 255, 128, 255]);
    }

    #[test]
    fn alpha_is_stretched_at_both_ends() {
        assert_eq!(pixel([0.5, 0.5, 0.5, 8.0 / 255.0]), [0, 0, 0, 0]);
        assert_eq!(pixel([0.2, 0.2, 0.2, 247.1 / 255.0])[3], 255);
        assert_eq!(pixel([0.5, 0.5, 0.5, -1.0]), [0, 0, 0, 0]);
        // Continuous above the haze, with unchanged colours and midpoint.
        assert_eq!(
            pixel([0.0, 4.5 / 255.0, 0.5, 9.0 / 255.0]),
            [0, 128, 255, 1]
        );
        assert_eq!(pixel([0.0, 0.0, 0.0, 0.5])[3], 128);
    }

    #[test]
    fn three_channels_are_opaque() {
        let planes = [-1.0, 1.0, 0.0, -1.0, 1.0, 1.0];
        let picture = Picture::from_premultiplied_f32(&planes, 3, 2, 1).expect("two pixels");
        assert_eq!(picture.rgba(), [0, 128, 255, 255, 255, 0, 255, 255]);
        assert!(picture.is_opaque());
    }

    #[test]
    fn a_ground_shows_where_the_picture_is_transparent() {
        let rgba = vec![9, 8, 7, 255, 200, 100, 0, 0, 100, 100, 100, 128];
        let picture = Picture::new(3, 1, rgba).expect("three pixels");
        let over = picture.over(Colour([10, 20, 250]));
        let expected = [9, 8, 7, 255, 10, 20, 250, 255, 55, 60, 175, 255];
        assert_eq!(over.rgba(), expected);
        assert!(over.is_opaque() && (over.width(), over.height()) == (3, 1));
    }

    #[test]
    fn dimensions_are_validated() {
        assert!(Picture::new(2, 2, vec![0; 16]).is_ok());
        for (width, height, len) in [
            (2, 2, 15),
            (0, 2, 0),
            (SIDE_MAX + 1, 1, 65_540),
            (u32::MAX, u32::MAX, 4),
        ] {
            let error = Picture::new(width, height, vec![0; len]).expect_err("a mismatch");
            assert_eq!(error, PictureError::Size { width, height, len });
        }
        assert!(Picture::from_premultiplied_f32(&[0.0; 8], 2, 2, 2).is_err());
        assert!(Picture::from_premultiplied_f32(&[0.0; 8], 4, 2, 2).is_err());
    }
}
