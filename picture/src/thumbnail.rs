//! Small copies of pictures, for lists.

use std::ops::Range;

use crate::Picture;

impl Picture {
    /// The whole picture with a longer side of at most `side` pixels, averaged; a copy where it is no
    /// larger.
    ///
    /// # Panics
    /// If `side` is 0.
    #[must_use]
    pub fn thumbnail(&self, side: u32) -> Self {
        assert!(side > 0, "a thumbnail without pixels");
        let longer = self.width().max(self.height());
        if longer <= side {
            return self.clone();
        }
        let scaled = |length: u32| (u64::from(length) * u64::from(side) / u64::from(longer)).max(1);
        let [width, height] = [self.width(), self.height()].map(|length| scaled(length) as u32);
        let rgba = parts(self.height(), height)
            .flat_map(|rows| parts(self.width(), width).map(move |columns| (rows.clone(), columns)))
            .flat_map(|(rows, columns)| self.average(rows, &columns))
            .collect();
        Self::new(width, height, rgba).expect("smaller than a valid picture")
    }

    /// The average of a part, which counts each pixel's colour by its alpha.
    fn average(&self, rows: Range<usize>, columns: &Range<usize>) -> [u8; 4] {
        let count = (rows.len() * columns.len()) as u64;
        let (mut colour, mut alpha) = ([0; 3], 0);
        for row in rows {
            let start = row * self.width() as usize;
            let part = &self.rgba().as_chunks::<4>().0[start + columns.start..start + columns.end];
            for &[r, g, b, a] in part {
                let a = u64::from(a);
                alpha += a;
                for (sum, value) in colour.iter_mut().zip([r, g, b]) {
                    *sum += u64::from(value) * a;
                }
            }
        }
        let divided = |sum: u64, by: u64| (sum + by / 2).checked_div(by).unwrap_or(0) as u8;
        let [r, g, b] = colour.map(|sum| divided(sum, alpha));
        [r, g, b, divided(alpha, count)]
    }
}

/// `length` pixels in `count` parts, none of them empty.
fn parts(length: u32, count: u32) -> impl Iterator<Item = Range<usize>> {
    let at = move |part: u32| (u64::from(part) * u64::from(length) / u64::from(count)) as usize;
    (0..count).map(move |part| at(part)..at(part + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_keeps_the_proportions_and_averages_by_alpha() {
        let row = [
            [200, 100, 0, 255],
            [9, 9, 9, 0],
            [100, 50, 10, 255],
            [0, 50, 30, 255],
        ];
        let picture = Picture::new(4, 2, row.repeat(2).concat()).expect("eight pixels");
        let thumbnail = picture.thumbnail(2);
        assert_eq!((thumbnail.width(), thumbnail.height()), (2, 1));
        assert_eq!(thumbnail.rgba(), [200, 100, 0, 128, 50, 50, 20, 255]);
        assert_eq!(picture.thumbnail(4), picture);
        assert_eq!(picture.thumbnail(100), picture);
    }

    #[test]
    fn the_thumbnail_of_a_long_strip_has_a_pixel_in_its_height() {
        let strip = Picture::new(1000, 3, vec![7; 12_000]).expect("pixels");
        let thumbnail = strip.thumbnail(100);
        assert_eq!((thumbnail.width(), thumbnail.height()), (100, 1));
        assert_eq!(thumbnail.rgba(), [7; 400]);
    }
}
