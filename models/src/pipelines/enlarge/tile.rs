//! A tile with its pixels: self-contained, so that any device with the model's weights can compute
//! it.

use image2_picture::checks::{Fault, find_fault};
use image2_picture::{Picture, straight};

use super::area_average::area_average;
use super::tile_plan::{Span, TileWork};

/// Alpha that a network leaves where nothing is, and lacks where all is opaque.
const HAZE: f32 = 1.0 / 255.0;

/// A tile: the work and the pixels that it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// What to make of the pixels.
    pub work: TileWork,
    /// The window: straight RGBA, [`TileWork::window`] pixels.
    pub pixels: Vec<u8>,
}

impl Tile {
    /// Cuts the window out of the pass's input. Pixels outside of the picture repeat its edge.
    pub(crate) fn cut(picture: &Picture, work: TileWork) -> Self {
        let [rows, columns] = [
            (work.rows, picture.height()),
            (work.columns, picture.width()),
        ]
        .map(|(span, length)| places(span, length));
        let width = picture.width() as usize;
        let source = picture.rgba().as_chunks::<4>().0;
        let mut pixels = Vec::with_capacity(4 * rows.len() * columns.len());
        for row in rows {
            let row = &source[row * width..][..width];
            columns
                .iter()
                .for_each(|&column| pixels.extend(row[column]));
        }
        Self { work, pixels }
    }

    /// A transparent window, enlarged as a whole.
    pub(crate) fn blank([height, width]: [usize; 2], factor: usize) -> Self {
        let span = |side: usize| Span {
            start: 0,
            size: side as u32,
            first: 0,
            count: (side * factor) as u32,
            offset: 0,
            ratio: [1, 1],
        };
        let work = TileWork {
            pass: 1,
            number: 0,
            factor: factor as u32,
            rows: span(height),
            columns: span(width),
        };
        let pixels = vec![0; 4 * height * width];
        Self { work, pixels }
    }

    /// The network's input: premultiplied RGBA of 0 to 1, `[rows × columns, 4]`.
    pub(crate) fn premultiplied(&self) -> Vec<f32> {
        let pixels = self.pixels.as_chunks().0.iter();
        let values = pixels.flat_map(|&[r, g, b, alpha]| {
            let alpha = f32::from(alpha) / 255.0;
            let [r, g, b] = [r, g, b].map(|colour| f32::from(colour) / 255.0 * alpha);
            [r, g, b, alpha]
        });
        values.collect()
    }

    /// The tile's output: straight RGBA, [`TileWork::output`] pixels. `enlarged` is the network's
    /// output, premultiplied RGBA, `[rows × columns × factor², 4]`. Where a pixel of the window and
    /// its neighbours are opaque, so is the output, and likewise where they are empty: a network
    /// that enlarges colour and alpha together lowers alpha beside dark lines.
    ///
    /// # Errors
    /// If values are not finite, or all are equal and the window's are not: an unwritten buffer.
    pub(crate) fn finish(&self, mut enlarged: Vec<f32>) -> Result<Vec<u8>, Fault> {
        let pixels = self.pixels.as_chunks::<4>().0;
        let is_constant = pixels.iter().all(|pixel| *pixel == pixels[0]);
        match find_fault(&enlarged) {
            Some(Fault::Constant { .. }) if is_constant => {}
            Some(fault) => return Err(fault),
            None => {}
        }
        self.settle(&mut enlarged);
        let TileWork {
            rows,
            columns,
            factor,
            ..
        } = self.work;
        let averages = area_average(&enlarged, &rows, &columns, factor);
        let pixels = averages.as_chunks::<4>().0.iter();
        Ok(pixels.flat_map(|&pixel| straight(pixel, HAZE)).collect())
    }

    /// Makes the output opaque or empty where a pixel of the window and its eight neighbours are.
    fn settle(&self, enlarged: &mut [f32]) {
        let [height, width] = self.work.window();
        let factor = self.work.factor as usize;
        let pixels = self.pixels.as_chunks::<4>().0;
        let outputs = enlarged.as_chunks_mut::<4>().0;
        for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column)))
        {
            let alpha = pixels[row * width + column][3];
            let mut around = (row.saturating_sub(1)..(row + 2).min(height)).flat_map(|row| {
                let columns = column.saturating_sub(1)..(column + 2).min(width);
                &pixels[row * width..][columns]
            });
            if !matches!(alpha, 0 | 255) || around.any(|pixel| pixel[3] != alpha) {
                continue;
            }
            for line in factor * row..factor * (row + 1) {
                let first = line * factor * width + factor * column;
                for output in &mut outputs[first..][..factor] {
                    match alpha {
                        0 => *output = [0.0; 4],
                        _ => output[3] = 1.0,
                    }
                }
            }
        }
    }
}

/// The picture's pixels of a window's side.
fn places(span: Span, length: u32) -> Vec<usize> {
    let last = length as i32 - 1;
    let places = span.start..span.start + span.size as i32;
    places.map(|place| place.clamp(0, last) as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A window of 2 by 2 pixels at `start`, enlarged by 2.
    fn work(start: i32) -> TileWork {
        let span = Span {
            start,
            size: 2,
            first: 0,
            count: 4,
            offset: 0,
            ratio: [1, 1],
        };
        TileWork {
            pass: 1,
            number: 0,
            factor: 2,
            rows: span,
            columns: span,
        }
    }

    fn of(pixels: [[u8; 4]; 4]) -> Tile {
        let picture = Picture::new(2, 2, pixels.concat()).expect("four pixels");
        Tile::cut(&picture, work(0))
    }

    #[test]
    fn a_window_beyond_the_picture_repeats_its_edge() {
        let picture = Picture::new(2, 1, vec![1, 2, 3, 4, 5, 6, 7, 8]).expect("two pixels");
        let before = Tile::cut(&picture, work(-1));
        assert_eq!(before.pixels, [1, 2, 3, 4].repeat(4));
        let after = Tile::cut(&picture, work(1));
        assert_eq!(after.pixels, [5, 6, 7, 8].repeat(4));
    }

    #[test]
    fn the_network_reads_premultiplied_values_and_its_output_becomes_straight() {
        let tile = of([[255, 0, 51, 51], [0; 4], [255; 4], [0, 0, 0, 255]]);
        assert_eq!(tile.premultiplied()[..4], [0.2, 0.0, 0.2 * 0.2, 0.2]);
        let mut enlarged = vec![0.0; 4 * 16];
        enlarged[..4].copy_from_slice(&[0.25, 0.5, 0.75, 0.5]);
        let rgba = tile.finish(enlarged).expect("finite");
        assert_eq!(rgba.len(), 4 * 16);
        assert_eq!(
            (&rgba[..4], &rgba[4..8]),
            (&[128, 255, 255, 128][..], &[0; 4][..])
        );
    }

    #[test]
    fn what_is_opaque_or_empty_all_around_stays_so() {
        // Six columns of two lines: two empty, one half, three opaque.
        let alphas = [0, 0, 128, 255, 255, 255].repeat(2);
        let rgba = alphas.iter().flat_map(|&alpha| [9, 9, 9, alpha]).collect();
        let span = |size: u32| Span {
            size,
            count: 2 * size,
            ..work(0).rows
        };
        let work = TileWork {
            rows: span(2),
            columns: span(6),
            ..work(0)
        };
        let tile = Tile::cut(&Picture::new(6, 2, rgba).expect("twelve pixels"), work);
        let enlarged: Vec<f32> = (0..48)
            .flat_map(|i| {
                [
                    0.04,
                    0.05,
                    0.06 + i as f32 / 1e4,
                    [0.97, 0.1][usize::from(i % 12 < 6)],
                ]
            })
            .collect();
        let rgba = tile.finish(enlarged).expect("finite");
        let line: Vec<u8> = rgba[..48].chunks(4).map(|pixel| pixel[3]).collect();
        let half = straight([0.0, 0.0, 0.0, 0.1], HAZE)[3];
        let most = straight([0.0, 0.0, 0.0, 0.97], HAZE)[3];
        assert_eq!(
            line,
            [0, 0, half, half, half, half, most, most, 255, 255, 255, 255]
        );
        assert_eq!(rgba[..4], [0; 4], "no colour where nothing is");
    }

    #[test]
    fn values_that_are_no_picture_are_refused() {
        let tile = of([[1; 4], [2; 4], [3; 4], [4; 4]]);
        let mut values = vec![0.25; 64];
        assert_eq!(
            tile.finish(values.clone()),
            Err(Fault::Constant { value: 0.25 })
        );
        values[40] = f32::NAN;
        assert_eq!(
            tile.finish(values.clone()),
            Err(Fault::NonFinite { index: 40 })
        );
        // A window of one colour may become one colour.
        let plain = of([[3, 3, 3, 255]; 4]);
        assert!(plain.finish(vec![0.25; 64]).is_ok());
    }
}
