//! The enlarged window of a tile averaged to its output pixels, exactly, by the area that each
//! covers.

use super::tile_plan::Span;

/// Averages `values`, the enlarged window `[rows × factor, columns × factor, channels]`, to
/// `[rows.count, columns.count, channels]`. An output pixel that extends beyond the window is the
/// average of its part inside.
///
/// # Panics
/// If `values` is not of that shape.
#[must_use]
pub fn area_average(values: &[f32], rows: &Span, columns: &Span, factor: u32) -> Vec<f32> {
    let [height, width] = [rows, columns].map(|span| (span.size * factor) as usize);
    let row_values = values.len() / height;
    assert!(
        row_values.is_multiple_of(width) && row_values * height == values.len(),
        "{} values for {height} by {width} pixels",
        values.len()
    );
    let channels = row_values / width;
    let columns: Vec<Cover> = covers(columns, width).collect();
    let mut averages = Vec::with_capacity(rows.count as usize * columns.len() * channels);
    let mut row = vec![0.0; row_values];
    for cover in covers(rows, height) {
        cover.average(values, row_values, &mut row);
        for column in &columns {
            let at = averages.len();
            averages.resize(at + channels, 0.0);
            column.average(&row, channels, &mut averages[at..]);
        }
    }
    averages
}

/// The enlarged pixels of one side that an output pixel covers.
struct Cover {
    first: usize,
    /// The share of each, in sum 1.
    shares: Vec<f32>,
}

impl Cover {
    /// The weighted sum of parts of `size` values.
    fn average(&self, values: &[f32], size: usize, average: &mut [f32]) {
        let parts = values[self.first * size..].chunks_exact(size);
        let mut first = true;
        for (part, share) in parts.zip(&self.shares) {
            let pairs = average.iter_mut().zip(part);
            match first {
                true => pairs.for_each(|(sum, value)| *sum = share * value),
                false => pairs.for_each(|(sum, value)| *sum += share * value),
            }
            first = false;
        }
    }
}

fn covers(span: &Span, length: usize) -> impl Iterator<Item = Cover> {
    let Span {
        count,
        offset,
        ratio: [enlarged, output],
        ..
    } = *span;
    (0..count).map(move |pixel| {
        let from = u64::from(offset) + u64::from(pixel) * u64::from(enlarged);
        let to = (from + u64::from(enlarged)).min(length as u64 * u64::from(output));
        let part = u64::from(output);
        let [first, last] = [from / part, to.div_ceil(part)];
        let covered = |i: u64| (to.min((i + 1) * part) - from.max(i * part)) as f32;
        Cover {
            first: first as usize,
            shares: (first..last)
                .map(|i| covered(i) / (to - from) as f32)
                .collect(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(size: u32, count: u32, offset: u32, ratio: [u32; 2]) -> Span {
        Span {
            start: 0,
            size,
            first: 0,
            count,
            offset,
            ratio,
        }
    }

    #[test]
    fn whole_pixels_are_copied() {
        let values: Vec<f32> = (0..4 * 8 * 3).map(|i| i as f32).collect();
        let (rows, columns) = (span(1, 2, 1, [1, 1]), span(2, 3, 4, [1, 1]));
        let averages = area_average(&values, &rows, &columns, 4);
        let expected = [1, 2].map(|row| (0..9).map(move |i| (24 * row + 3 * 4 + i) as f32));
        assert_eq!(averages, expected.into_iter().flatten().collect::<Vec<_>>());
    }

    #[test]
    fn fractions_of_pixels_count_by_their_area() {
        // Output pixels of 3/2 enlarged ones, the last of them beyond the window by one half.
        let values = [1.0, 2.0, 3.0, 4.0];
        let averages = area_average(
            &values.repeat(4),
            &span(1, 1, 0, [4, 1]),
            &span(1, 3, 0, [3, 2]),
            4,
        );
        let expected = [(1.0 + 0.5 * 2.0) / 1.5, (0.5 * 2.0 + 3.0) / 1.5, 4.0];
        for (found, expected) in averages.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{averages:?}");
        }
        assert_eq!(averages.len(), 3);
    }

    /// The mean of a picture survives any ratio that divides it.
    #[test]
    fn the_mean_is_kept() {
        let values: Vec<f32> = (0..48).map(|i| (i * i % 17) as f32).collect();
        let mean = values.iter().sum::<f32>() / 48.0;
        for count in [1_u32, 5, 7, 12, 48] {
            let divisor = (1..=count)
                .rev()
                .find(|d| count % d == 0 && 48 % d == 0)
                .expect("1");
            let ratio = [48 / divisor, count / divisor];
            let one = span(1, 1, 0, [4, 1]);
            let averages = area_average(&values.repeat(4), &one, &span(12, count, 0, ratio), 4);
            let found = averages.iter().sum::<f32>() / count as f32;
            assert!((found - mean).abs() < 1e-4, "{count}: {found}, {mean}");
        }
    }
}
