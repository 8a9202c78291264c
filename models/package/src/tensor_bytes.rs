//! One tensor as it is stored, and its numbers.

use half::f16;

use crate::blocks::{self, NotFinite};
use crate::{Format, Layout, Shape};

/// A tensor as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct TensorBytes<'a> {
    /// The logical shape.
    pub shape: Shape,
    /// How the numbers are stored.
    pub format: Format,
    /// How they are arranged.
    pub layout: Layout,
    /// The numbers; in the file they begin at a multiple of four bytes.
    pub values: &'a [u8],
    /// The f16 scales, where the format has them.
    pub scales: Option<&'a [u8]>,
}

impl TensorBytes<'_> {
    /// The numbers, row-major.
    pub fn decode(&self) -> Vec<f32> {
        let mut numbers = vec![0.0; self.shape.elements()];
        self.decode_rows(0, &mut numbers);
        numbers
    }

    /// Decodes as many rows as `out` holds, from `first_row` on; the rows are those of
    /// [`Shape::matrix`].
    ///
    /// # Panics
    /// If `out` is not a whole number of rows, or they lie outside the tensor.
    pub fn decode_rows(&self, first_row: usize, out: &mut [f32]) {
        let (rows, cols) = self.shape.matrix();
        match self.layout {
            Layout::Blocks => {
                let scales = self.scales.unwrap_or_default();
                blocks::decode_rows(self.format, rows, cols, self.values, scales, first_row, out);
            }
            Layout::Ohwi => {
                let scales = self.scales.unwrap_or_default();
                let mut stored = vec![0.0; cols];
                for (row, out) in (first_row..).zip(out.chunks_mut(cols)) {
                    let stored = &mut stored[..out.len()];
                    blocks::decode_rows(self.format, rows, cols, self.values, scales, row, stored);
                    for (place, x) in stored.iter().enumerate() {
                        out[self.layout.column_at(&self.shape, place)] = *x;
                    }
                }
            }
            Layout::Plain if self.format == Format::F16 => {
                let stored = &self.values.as_chunks().0[first_row * cols..][..out.len()];
                for (x, bytes) in out.iter_mut().zip(stored) {
                    *x = f16::from_le_bytes(*bytes).to_f32();
                }
            }
            Layout::Plain => {
                let stored = &self.values.as_chunks().0[first_row * cols..][..out.len()];
                for (x, bytes) in out.iter_mut().zip(stored) {
                    *x = f32::from_le_bytes(*bytes);
                }
            }
        }
    }

    /// Finds a stored number or scale that is NaN or infinite, as a broken training run leaves it.
    /// A hash cannot find that.
    pub fn check_finite(&self) -> Result<(), NotFinite> {
        // By the exponent's bits, which no optimizer can fold away.
        let half = |bytes: &[u8]| {
            let words = bytes.as_chunks::<2>().0;
            words
                .iter()
                .position(|b| u16::from_le_bytes(*b) & 0x7c00 == 0x7c00)
        };
        let single = |bytes: &[u8]| {
            let words = bytes.as_chunks::<4>().0;
            words
                .iter()
                .position(|b| u32::from_le_bytes(*b) & 0x7f80_0000 == 0x7f80_0000)
        };
        let (rows, cols) = self.shape.matrix();
        let (at, width) = match self.format {
            Format::F16 => (half(self.values), blocks::BLOCK),
            Format::F32 => (single(self.values), blocks::BLOCK),
            Format::Q8 | Format::Q4 => (self.scales.and_then(half), 1),
        };
        let Some(at) = at else { return Ok(()) };
        Err(match self.layout {
            Layout::Plain => NotFinite {
                row: at / cols,
                col: at % cols,
            },
            Layout::Blocks | Layout::Ohwi => {
                let block = at / width;
                let place = block / rows * blocks::BLOCK + at % width;
                NotFinite {
                    row: block % rows,
                    col: self.layout.column_at(&self.shape, place),
                }
            }
        })
    }
}
