//! The place of a drawing on the canvas of the finished picture: as large as fits, in the middle.

use image2_picture::{Picture, PictureError};

/// A drawing's place. Sizes are `[height, width]` in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The finished picture.
    pub canvas: [u32; 2],
    /// The drawing's size on it.
    pub size: [u32; 2],
    /// The drawing's first row and column on it.
    pub at: [u32; 2],
}

impl Placement {
    /// A drawing of this size on a canvas, contained and centred.
    ///
    /// # Panics
    /// If a side is zero.
    #[must_use]
    pub fn contained(drawn: [u32; 2], canvas: [u32; 2]) -> Self {
        let [height, width] = drawn.map(u64::from);
        let [room_height, room_width] = canvas.map(u64::from);
        assert!(
            height * width * room_height * room_width > 0,
            "{drawn:?} on {canvas:?}"
        );
        let rounded = |a: u64, b: u64, of: u64| ((a * b + of / 2) / of).max(1) as u32;
        let size = match height * room_width <= width * room_height {
            true => [rounded(height, room_width, width), canvas[1]],
            false => [canvas[0], rounded(width, room_height, height)],
        };
        Self {
            canvas,
            size,
            at: [0, 1].map(|i| (canvas[i] - size[i]) / 2),
        }
    }

    /// A picture that is its own canvas.
    #[must_use]
    pub(crate) fn whole(size: [u32; 2]) -> Self {
        Self {
            canvas: size,
            size,
            at: [0, 0],
        }
    }

    /// The same place where the drawing has another size.
    #[must_use]
    pub fn scaled(&self, size: [u32; 2]) -> Self {
        let scale = |i: usize, value: u32| {
            let [value, to, from] = [value, size[i], self.size[i]].map(u64::from);
            ((value * to + from / 2) / from) as u32
        };
        let at = [0, 1].map(|i| scale(i, self.at[i]));
        Self {
            canvas: [0, 1].map(|i| scale(i, self.canvas[i]).max(at[i] + size[i])),
            size,
            at,
        }
    }

    /// The canvas with this picture in its place, else transparent.
    ///
    /// # Errors
    /// If the canvas is larger than a picture may be.
    ///
    /// # Panics
    /// If the picture does not have the place's size.
    pub fn place(&self, picture: Picture) -> Result<Picture, PictureError> {
        let [height, width] = self.canvas;
        assert_eq!(
            [picture.height(), picture.width()],
            self.size,
            "the size of its place"
        );
        if self.canvas == self.size {
            return Ok(picture);
        }
        let mut rgba = vec![0; 4 * height as usize * width as usize];
        self.write(&mut rgba, [0, 0], self.size, picture.rgba());
        Picture::new(width, height, rgba)
    }

    /// Copies a rectangle of the drawing, at `first` and of `size`, to the canvas's pixels.
    pub(crate) fn write(&self, canvas: &mut [u8], first: [u32; 2], size: [u32; 2], rgba: &[u8]) {
        let stride = 4 * self.canvas[1] as usize;
        let start = 4 * (self.at[1] + first[1]) as usize;
        let length = 4 * size[1] as usize;
        for (row, values) in rgba.chunks_exact(length).enumerate() {
            let row = (self.at[0] + first[0]) as usize + row;
            canvas[row * stride + start..][..length].copy_from_slice(values);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_contained_and_centred() {
        let place = |drawn, canvas| {
            let Placement { size, at, .. } = Placement::contained(drawn, canvas);
            (size, at)
        };
        assert_eq!(place([64, 64], [1024, 1024]), ([1024, 1024], [0, 0]));
        assert_eq!(place([64, 64], [768, 1024]), ([768, 768], [0, 128]));
        assert_eq!(place([64, 64], [1001, 300]), ([300, 300], [350, 0]));
        assert_eq!(place([64, 128], [512, 512]), ([256, 512], [128, 0]));
        assert_eq!(place([199, 300], [2717, 4096]), ([2717, 4096], [0, 0]));
        assert_eq!(place([1, 1000], [4096, 4096]), ([4, 4096], [2046, 0]));
    }

    #[test]
    fn a_preview_has_the_proportions_of_the_canvas() {
        let place = Placement::contained([64, 64], [768, 1024]).scaled([256, 256]);
        assert_eq!((place.canvas, place.at), ([256, 341], [0, 43]));
        for (width, height) in [(4096, 64), (64, 4096), (999, 1000), (65, 64)] {
            let place = Placement::contained([64, 64], [height, width]);
            for side in [64, 256, 1024] {
                let scaled = place.scaled([side, side]);
                assert!(
                    (0..2).all(|i| scaled.at[i] + side <= scaled.canvas[i]),
                    "{scaled:?}"
                );
            }
        }
    }

    #[test]
    fn the_rest_of_the_canvas_is_transparent() {
        let picture = Picture::new(1, 1, vec![1, 2, 3, 4]).expect("one pixel");
        let placed = Placement::contained([1, 1], [1, 3])
            .place(picture)
            .expect("a canvas");
        assert_eq!(placed.rgba(), [0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0]);
    }
}
