//! PNG's row filters: each row is written as differences from its neighbours, which compress better.
//!
//! A scanline is the number of a filter and the filtered bytes of one row. [`Filter`] makes
//! scanlines of rows, `Unfilter` rows of scanlines; both need the row before, so rows pass in order,
//! from the top.

#[cfg(any(test, feature = "browser"))]
pub(crate) mod unfilter;

// The filters by their numbers; 0 leaves a row as it is.
const SUB: u8 = 1;
const UP: u8 = 2;
#[cfg(any(test, feature = "browser"))]
const AVERAGE: u8 = 3;
const PAETH: u8 = 4;

/// Makes scanlines. Of the three filters that suit drawings it takes the one whose differences have
/// the smallest sum, as the specification suggests.
#[derive(Debug)]
pub(crate) struct Filter {
    bytes_per_pixel: usize,
    previous: Vec<u8>,
    /// The scanlines that compete for the present row.
    candidates: [Vec<u8>; 3],
}

impl Filter {
    pub(crate) fn new(row_bytes: usize, bytes_per_pixel: usize) -> Self {
        Self {
            bytes_per_pixel,
            previous: vec![0; row_bytes],
            candidates: [SUB, UP, PAETH].map(|filter| {
                let mut scanline = vec![0; 1 + row_bytes];
                scanline[0] = filter;
                scanline
            }),
        }
    }

    /// Appends the scanline of the next row.
    pub(crate) fn push(&mut self, row: &[u8], scanlines: &mut Vec<u8>) {
        let [sub, up, paeth] = &mut self.candidates;
        for (i, (&byte, &above)) in row.iter().zip(&self.previous).enumerate() {
            let (left, above_left) = match i.checked_sub(self.bytes_per_pixel) {
                Some(i) => (row[i], self.previous[i]),
                None => (0, 0),
            };
            sub[1 + i] = byte.wrapping_sub(left);
            up[1 + i] = byte.wrapping_sub(above);
            paeth[1 + i] = byte.wrapping_sub(predict(left, above, above_left));
        }
        let sum = |scanline: &&Vec<u8>| -> u64 {
            let differences = scanline[1..].iter();
            differences
                .map(|byte| u64::from(byte.cast_signed().unsigned_abs()))
                .sum()
        };
        scanlines.extend(self.candidates.iter().min_by_key(sum).into_iter().flatten());
        self.previous.copy_from_slice(row);
    }
}

/// Paeth's predictor: of the three neighbours the one nearest to `left + above - above_left`.
fn predict(left: u8, above: u8, above_left: u8) -> u8 {
    let [a, b, c] = [left, above, above_left].map(i16::from);
    let [from_left, from_above, from_above_left] = [b - c, a - c, a + b - 2 * c].map(i16::abs);
    if from_left <= from_above && from_left <= from_above_left {
        left
    } else if from_above <= from_above_left {
        above
    } else {
        above_left
    }
}
