//! Where a picture has content: enlarging reads nothing else.

use image2_picture::Picture;

use super::tile_plan::{Extent, Span};

/// Rows and columns.
pub(crate) type Region = [Extent; 2];

/// Input pixels around the content that are enlarged with it. Measured with the default model: a
/// nearer end changes edges by up to 20 levels of 255, this one by no more than 7.
const REACH: i32 = 8;

/// The smallest region with all pixels that are not transparent; `None` if there are none.
pub(crate) fn content(picture: &Picture) -> Option<Region> {
    let width = picture.width() as usize;
    let mut found: Option<Region> = None;
    let pixels = picture.rgba().as_chunks::<4>().0;
    for (row, pixels) in (0..).zip(pixels.chunks_exact(width)) {
        let is_visible = |pixel: &[u8; 4]| pixel[3] != 0;
        let Some(first) = pixels.iter().position(is_visible) else {
            continue;
        };
        let last = pixels.iter().rposition(is_visible).unwrap_or(first);
        let columns = [first as i32, last as i32 + 1];
        let [rows, others] = found.get_or_insert([[row, row + 1], columns]);
        rows[1] = row + 1;
        *others = [others[0].min(columns[0]), others[1].max(columns[1])];
    }
    found
}

/// The region that a pass reads of a picture of `[height, width]` pixels with this content.
///
/// Where the content touches an edge, the region extends beyond it by `margin`: a convolution's
/// zeros there would darken it. Where it does not, and `crop`, the region ends near the content.
pub(crate) fn region(content: Region, size: [u32; 2], margin: u32, crop: bool) -> Region {
    [0, 1].map(|i| {
        let ([first, last], length, margin) = (content[i], size[i] as i32, margin as i32);
        match first == 0 || last == length {
            true => [-margin, length + margin],
            false if crop => [(first - REACH).max(0), (last + REACH).min(length)],
            false => [0, length],
        }
    })
}

/// The content of the next pass's input, whose sides are `to` where this one's are `from`.
pub(crate) fn scaled(content: Region, from: [u32; 2], to: [u32; 2]) -> Region {
    [0, 1].map(|i| {
        let [from, to] = [from[i], to[i]].map(i64::from);
        let [first, last] = content[i].map(i64::from);
        [first * to / from, (last * to + from - 1) / from].map(|at| at as i32)
    })
}

/// Whether a window of a picture of `size`, scaled to this picture, has only transparent pixels.
pub(crate) fn is_transparent(picture: &Picture, window: [Span; 2], size: [u32; 2]) -> bool {
    let own = [picture.height(), picture.width()];
    let [rows, columns] = [0, 1].map(|i| {
        let Span {
            start,
            size: length,
            ..
        } = window[i];
        let [[first, last], ..] = scaled(
            [[start, start + length as i32]; 2],
            [size[i]; 2],
            [own[i]; 2],
        );
        [first, last].map(|at| at.clamp(0, own[i] as i32) as usize)
    });
    let lines = picture
        .rgba()
        .as_chunks::<4>()
        .0
        .chunks_exact(own[1] as usize);
    let lines = lines.skip(rows[0]).take(rows[1] - rows[0]);
    lines
        .flat_map(|line| &line[columns[0]..columns[1]])
        .all(|pixel| pixel[3] == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dots(width: u32, height: u32, dots: &[[usize; 2]]) -> Picture {
        let mut rgba = vec![0; 4 * (width * height) as usize];
        for [row, column] in dots {
            rgba[4 * (row * width as usize + column) + 3] = 1;
        }
        Picture::new(width, height, rgba).expect("a picture")
    }

    #[test]
    fn content_is_the_smallest_region_of_visible_pixels() {
        assert_eq!(content(&dots(5, 4, &[])), None);
        assert_eq!(content(&dots(5, 4, &[[2, 3]])), Some([[2, 3], [3, 4]]));
        let picture = dots(9, 7, &[[1, 6], [3, 2], [5, 4]]);
        assert_eq!(content(&picture), Some([[1, 6], [2, 7]]));
    }

    #[test]
    fn a_region_extends_where_content_touches_an_edge() {
        let of = |content, crop| region(content, [64, 64], 8, crop);
        assert_eq!(of([[9, 50], [2, 60]], true), [[1, 58], [0, 64]]);
        assert_eq!(of([[9, 50], [2, 60]], false), [[0, 64]; 2]);
        assert_eq!(of([[0, 50], [2, 60]], false), [[-8, 72], [0, 64]]);
        assert_eq!(of([[9, 50], [2, 64]], true), [[1, 58], [-8, 72]]);
    }

    #[test]
    fn a_window_of_a_later_pass_is_judged_by_the_present_picture() {
        let picture = dots(64, 64, &[[10, 20]]);
        let span = |start, size| Span {
            start,
            size,
            first: 0,
            count: 1,
            offset: 0,
            ratio: [1, 1],
        };
        // Row 10 is rows 40 to 43 at 256, column 20 columns 80 to 83.
        let at = |row, column| is_transparent(&picture, [span(row, 8), span(column, 8)], [256; 2]);
        assert!(!at(36, 80) && !at(43, 83));
        assert!(at(32, 80) && at(44, 80) && at(40, 84) && at(40, 72));
        assert!(at(-20, -20) && at(250, 250));
    }
}
