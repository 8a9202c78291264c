//! Pictures in the layout of networks: one row a patch, each patch channel by channel.

/// The row and column of value `(channel, y, x)` of a planar picture.
fn place([columns, patch]: [usize; 2], channel: usize, y: usize, x: usize) -> (usize, usize) {
    let index = y / patch * columns + x / patch;
    (index, (channel * patch + y % patch) * patch + x % patch)
}

fn each(channels: usize, [height, width]: [usize; 2]) -> impl Iterator<Item = [usize; 3]> {
    (0..channels)
        .flat_map(move |c| (0..height).flat_map(move |y| (0..width).map(move |x| [c, y, x])))
}

/// Writes a planar picture `[channels, height, width]` to the first columns of rows
/// `[patches, stride]`.
pub(crate) fn patchify(
    picture: &[f32],
    size: [usize; 2],
    patch: usize,
    rows: &mut [f32],
    stride: usize,
) {
    let channels = picture.len() / (size[0] * size[1]);
    for ([c, y, x], value) in each(channels, size).zip(picture) {
        let (row, column) = place([size[1] / patch, patch], c, y, x);
        rows[row * stride + column] = *value;
    }
}

/// Reads the first columns of rows `[patches, stride]` as a planar picture
/// `[channels, height, width]`.
pub(crate) fn unpatchify(
    rows: &[f32],
    stride: usize,
    channels: usize,
    size: [usize; 2],
    patch: usize,
) -> Vec<f32> {
    each(channels, size)
        .map(|[c, y, x]| {
            let (row, column) = place([size[1] / patch, patch], c, y, x);
            rows[row * stride + column]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_a_row_channel_by_channel() {
        // Two channels of 2 × 4 pixels, patches of 2: two patches.
        let picture: Vec<f32> = (0..16).map(|i| i as f32).collect();
        let mut rows = vec![-1.0; 2 * 9];
        patchify(&picture, [2, 4], 2, &mut rows, 9);
        assert_eq!(rows[..9], [0.0, 1.0, 4.0, 5.0, 8.0, 9.0, 12.0, 13.0, -1.0]);
        assert_eq!(unpatchify(&rows, 9, 2, [2, 4], 2), picture);
    }
}
