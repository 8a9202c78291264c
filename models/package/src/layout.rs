//! The arrangement of a tensor's numbers in storage. Logically a matrix's columns are in the order of
//! the shape's dimensions; [`Layout::Ohwi`] stores them in another one.

use serde::{Deserialize, Serialize};

use crate::Shape;

/// The arrangement of a tensor's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// A weight matrix in [`blocks`](crate::blocks): the first dimension by the product of the others.
    Blocks,
    /// A convolution's weights `[out, in, height, width]` in [`blocks`](crate::blocks) of the matrix
    /// `[out, height × width × in]`, the order in which kernels read it: all input channels of one
    /// tap, then the next tap.
    Ohwi,
    /// Row-major f16 or f32.
    Plain,
}

impl Layout {
    /// Whether both layouts store the columns of a row in the same order.
    pub(crate) fn same_order(self, other: Self) -> bool {
        (self == Self::Ohwi) == (other == Self::Ohwi)
    }

    /// The logical column of the number that is stored at place `place` of a row.
    pub(crate) fn column_at(self, shape: &Shape, place: usize) -> usize {
        let [inputs, taps] = kernel(shape);
        match self {
            Self::Ohwi => place % inputs * taps + place / inputs,
            Self::Blocks | Self::Plain => place,
        }
    }

    /// The inverse of [`Self::column_at`].
    pub(crate) fn place_of(self, shape: &Shape, column: usize) -> usize {
        let [inputs, taps] = kernel(shape);
        match self {
            Self::Ohwi => column % taps * inputs + column / taps,
            Self::Blocks | Self::Plain => column,
        }
    }
}

/// Input channels and taps of a convolution's weights `[out, in, height, width]`; of other shapes
/// the second dimension, and the product of the rest.
fn kernel(shape: &Shape) -> [usize; 2] {
    let dims = shape.dims().get(1..).unwrap_or_default();
    let (inputs, taps) = dims.split_first().unwrap_or((&1, &[]));
    [
        *inputs as usize,
        taps.iter().map(|&dim| dim as usize).product(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ohwi_goes_through_the_channels_of_one_tap_first() {
        // Two channels, two lines of three taps: [channel][y][x] are the columns 0 to 11.
        let shape = Shape::new(&[5, 2, 2, 3]).expect("small");
        let columns: Vec<usize> = (0..12)
            .map(|place| Layout::Ohwi.column_at(&shape, place))
            .collect();
        assert_eq!(columns, [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]);
        for (place, column) in columns.into_iter().enumerate() {
            assert_eq!(Layout::Ohwi.place_of(&shape, column), place);
            assert_eq!(Layout::Blocks.column_at(&shape, place), place);
        }
    }
}
