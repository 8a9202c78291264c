//! Enlargement by repeating pixels, for looks whose pixels are meant to be seen.

use image2_picture::{Picture, PictureError};

/// The picture at `[height, width]` pixels: each is the nearest one of the given picture. Where the
/// sides are multiples, all become squares of one size.
///
/// # Errors
/// If the size is larger than a picture may be, or zero.
pub fn nearest(picture: &Picture, [height, width]: [u32; 2]) -> Result<Picture, PictureError> {
    let source = picture.rgba().as_chunks::<4>().0;
    // The centre of an output pixel lies in this input pixel.
    let places = |from: u32, to: u32| {
        let [from, to] = [from, to].map(u64::from);
        (0..to).map(move |i| ((2 * i + 1) * from / (2 * to)) as usize)
    };
    let columns: Vec<usize> = places(picture.width(), width).collect();
    let mut rgba = Vec::with_capacity(4 * height as usize * width as usize);
    let mut above = None;
    for row in places(picture.height(), height) {
        if above == Some(row) {
            rgba.extend_from_within(rgba.len() - 4 * columns.len()..);
            continue;
        }
        let row_start = row * picture.width() as usize;
        columns
            .iter()
            .for_each(|column| rgba.extend(source[row_start + column]));
        above = Some(row);
    }
    Picture::new(width, height, rgba)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pixel_becomes_a_square() {
        let rgba: Vec<u8> = (0..64 * 64)
            .flat_map(|i| [i as u8, (i >> 8) as u8, 7, 255])
            .collect();
        let picture = Picture::new(64, 64, rgba).expect("a picture");
        for side in [64, 128, 256, 1024] {
            let enlarged = nearest(&picture, [side, side]).expect("a picture");
            let (scale, pixels) = (side / 64, enlarged.rgba().as_chunks::<4>().0);
            for (i, pixel) in (0..).zip(pixels) {
                let [y, x] = [i / side / scale, i % side / scale];
                assert_eq!(pixel[..], picture.rgba()[4 * (y * 64 + x) as usize..][..4]);
            }
        }
    }

    #[test]
    fn other_sizes_take_the_pixel_at_the_centre() {
        let picture = Picture::new(2, 1, vec![1, 1, 1, 1, 2, 2, 2, 2]).expect("two pixels");
        let enlarged = nearest(&picture, [2, 5]).expect("a picture");
        let row = [1, 1, 2, 2, 2].map(|value| [value; 4]).concat();
        assert_eq!(enlarged.rgba(), [row.clone(), row].concat());
        assert!(nearest(&picture, [0, 5]).is_err());
    }
}
