//! From scanlines back to rows. Only a browser needs it: elsewhere a picture is kept as pixels.

use super::{AVERAGE, PAETH, SUB, UP, predict};

/// A scanline has a filter that PNG does not define.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownFilter(pub u8);

/// Makes rows of scanlines, whose bytes may come in any parts.
#[derive(Debug)]
pub(crate) struct Unfilter {
    bytes_per_pixel: usize,
    previous: Vec<u8>,
    /// The part of a scanline that has arrived.
    scanline: Vec<u8>,
}

impl Unfilter {
    pub(crate) fn new(row_bytes: usize, bytes_per_pixel: usize) -> Self {
        Self {
            bytes_per_pixel,
            previous: vec![0; row_bytes],
            scanline: Vec::with_capacity(1 + row_bytes),
        }
    }

    /// Calls `take` with each row that `bytes` complete.
    ///
    /// # Errors
    /// [`UnknownFilter`] at the first such scanline.
    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), UnknownFilter> {
        while !bytes.is_empty() {
            let missing = 1 + self.previous.len() - self.scanline.len();
            let (now, later) = bytes.split_at(missing.min(bytes.len()));
            self.scanline.extend(now);
            bytes = later;
            if now.len() == missing {
                self.undo()?;
                take(&self.previous);
                self.scanline.clear();
            }
        }
        Ok(())
    }

    /// Replaces the previous row with that of the complete scanline.
    fn undo(&mut self) -> Result<(), UnknownFilter> {
        let filter = self.scanline[0];
        if filter > PAETH {
            return Err(UnknownFilter(filter));
        }
        let row = &mut self.scanline[1..];
        for i in 0..row.len() {
            let above = self.previous[i];
            let (left, above_left) = match i.checked_sub(self.bytes_per_pixel) {
                Some(i) => (row[i], self.previous[i]),
                None => (0, 0),
            };
            let predicted = match filter {
                SUB => left,
                UP => above,
                AVERAGE => left.midpoint(above),
                PAETH => predict(left, above, above_left),
                _ => 0,
            };
            row[i] = row[i].wrapping_add(predicted);
        }
        self.previous.copy_from_slice(row);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scanlines::Filter;

    #[test]
    fn an_unknown_filter_is_refused() {
        let mut unfilter = Unfilter::new(2, 1);
        let pushed = unfilter.push(&[0, 7, 8, 5], |_| {});
        assert_eq!(pushed, Ok(()), "the scanline is not complete");
        assert_eq!(unfilter.push(&[0, 0], |_| {}), Err(UnknownFilter(5)));
    }

    #[test]
    fn every_filter_of_the_specification_is_undone() {
        let mut rows = vec![];
        let scanlines = [
            [0, 10, 20, 30],
            [SUB, 1, 1, 1],
            [UP, 1, 1, 1],
            [AVERAGE, 1, 1, 1],
            [PAETH, 1, 1, 1],
        ];
        Unfilter::new(3, 1)
            .push(&scanlines.concat(), |row| rows.push(row.to_vec()))
            .expect("known filters");
        let expected = [[10, 20, 30], [1, 2, 3], [2, 3, 4], [2, 3, 4], [3, 4, 5]];
        assert_eq!(rows, expected);
    }

    proptest! {
        #[test]
        fn rows_come_back_whatever_the_parts(
            pixels in 1..5_usize, bytes_per_pixel in 3..=4_usize, part in 1..9_usize,
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let row_bytes = pixels * bytes_per_pixel;
            let rows: Vec<&[u8]> = bytes.chunks_exact(row_bytes).collect();
            let mut filter = Filter::new(row_bytes, bytes_per_pixel);
            let mut scanlines = vec![];
            for row in &rows {
                filter.push(row, &mut scanlines);
            }
            prop_assert_eq!(scanlines.len(), rows.len() * (1 + row_bytes));
            let mut unfilter = Unfilter::new(row_bytes, bytes_per_pixel);
            let mut back = vec![];
            for part in scanlines.chunks(part) {
                unfilter.push(part, |row| back.push(row.to_vec())).expect("known filters");
            }
            prop_assert_eq!(back, rows);
        }
    }
}
