//! An image, as rows of a tensor.

use std::ops::Range;

use crate::ir::{Rows, TensorId, Tensors};

/// An image as consecutive rows of a tensor: a row for each pixel, line by line, and a column for each
/// channel (NHWC). A tensor may hold several images, as of a batch, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// The tensor.
    pub of: TensorId,
    /// The row of its first pixel.
    pub first: usize,
    /// Height and width in pixels.
    pub size: [usize; 2],
    /// The channels: the first columns of each row.
    pub channels: usize,
}

impl Image {
    /// Its pixels.
    #[must_use]
    pub fn pixels(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Its rows.
    #[must_use]
    pub fn rows(&self) -> Rows {
        Rows {
            of: self.of,
            first: self.first,
            count: self.pixels(),
            columns: self.channels,
        }
    }

    /// The rows of some of its lines.
    pub(crate) fn lines(&self, lines: &Range<usize>) -> Rows {
        Rows {
            first: self.first + lines.start * self.size[1],
            count: lines.len() * self.size[1],
            ..self.rows()
        }
    }

    /// # Panics
    /// If it is empty or lies outside its tensor.
    pub(crate) fn check(&self, tensors: &Tensors) {
        let [rows, columns] = tensors.matrix(self.of);
        let channels = 1..=columns;
        assert!(
            self.pixels() > 0
                && self.first + self.pixels() <= rows
                && channels.contains(&self.channels),
            "{self:?} in a tensor of {rows} by {columns}"
        );
    }
}
