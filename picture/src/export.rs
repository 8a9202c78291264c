//! Pixels for people: straight RGBA of eight bits, from the network's premultiplied planes.

use crate::PictureError;

/// The longest side: an enlarged 4K picture fits twice over.
pub const SIDE_MAX: u32 = 16_384;

/// Alpha that a network leaves where there is nothing, and leaves out where all is solid: of a
/// four-step network's pixels around its subjects, 99 in 100 have less.
pub const HAZE: f32 = 8.0 / 255.0;

/// Straight (not premultiplied) RGBA, eight bits each, in sRGB, row by row from the top.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

impl Picture {
    /// A picture from its bytes: four for each pixel.
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

    /// A picture from a network's output: planes of red, green, blue and, if `channels` is 4,
    /// alpha, each `[height, width]`, colours premultiplied, in the network's range 2x − 1.
    ///
    /// Alpha is clamped, colour clamped to alpha and divided by it, then alpha stretched so that
    /// [`HAZE`] of it is nothing and all but as much is solid: networks rarely reach the ends, those
    /// of few steps least, and a haze around it spoils a sticker. The middle stays, and so does the
    /// smoothness of edges. Three channels are opaque. A value that is not finite becomes some
    /// byte: [`crate::checks::find_fault`] comes first.
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
            let clamped = if channels == 4 {
                unit(3, pixel).clamp(0.0, 1.0)
            } else {
                1.0
            };
            let alpha = byte((clamped - HAZE) / (1.0 - 2.0 * HAZE));
            for channel in 0..3 {
                let colour = unit(channel, pixel).max(0.0).min(clamped);
                rgba.push(if alpha == 0 {
                    0
                } else {
                    byte(colour / clamped)
                });
            }
            rgba.push(alpha);
        }
        Ok(Self {
            width,
            height,
            rgba,
        })
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The bytes: red, green, blue, alpha of each pixel.
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// Gives the bytes away.
    pub fn into_rgba(self) -> Vec<u8> {
        self.rgba
    }

    /// Whether every pixel is opaque.
    pub fn is_opaque(&self) -> bool {
        self.pixels().all(|[.., alpha]| *alpha == 255)
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

fn pixels(width: u32, height: u32, len: usize) -> Result<usize, PictureError> {
    let sides = 1..=SIDE_MAX;
    if sides.contains(&width) && sides.contains(&height) {
        return Ok(width as usize * height as usize);
    }
    Err(PictureError::Size { width, height, len })
}

fn byte(unit: f32) -> u8 {
    // `as` saturates, and takes NaN to 0.
    (unit * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One pixel from premultiplied units.
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
    fn haze_is_nothing_and_what_is_nearly_solid_is_solid() {
        assert_eq!(pixel([0.5, 0.5, 0.5, 8.0 / 255.0]), [0, 0, 0, 0]);
        assert_eq!(pixel([0.2, 0.2, 0.2, 247.1 / 255.0])[3], 255);
        assert_eq!(pixel([0.5, 0.5, 0.5, -1.0]), [0, 0, 0, 0]);
        // No step where it begins, colours as before, and the middle in the middle.
        assert_eq!(
            pixel([0.0, 4.5 / 255.0, 0.5, 9.0 / 255.0]),
            [0, 128, 255, 1]
        );
        assert_eq!(pixel([0.0, 0.0, 0.0, 0.5])[3], 128);
    }

    #[test]
    fn planes_become_pixels_and_three_channels_are_opaque() {
        let planes = [-1.0, 1.0, 0.0, -1.0, 1.0, 1.0];
        let picture = Picture::from_premultiplied_f32(&planes, 3, 2, 1).expect("two pixels");
        assert_eq!(picture.rgba(), [0, 128, 255, 255, 255, 0, 255, 255]);
        assert!(picture.is_opaque());
    }

    #[test]
    fn sizes_are_checked() {
        assert!(Picture::new(2, 2, vec![0; 16]).is_ok());
        for (width, height, len) in [
            (2, 2, 15),
            (0, 2, 0),
            (SIDE_MAX + 1, 1, 65_540),
            (u32::MAX, u32::MAX, 4),
        ] {
            let error = Picture::new(width, height, vec![0; len]).expect_err("contradiction");
            assert_eq!(error, PictureError::Size { width, height, len });
        }
        assert!(Picture::from_premultiplied_f32(&[0.0; 8], 2, 2, 2).is_err());
        assert!(Picture::from_premultiplied_f32(&[0.0; 8], 4, 2, 2).is_err());
    }
}
