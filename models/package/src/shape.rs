//! A tensor's shape: up to [`limits::RANK`] bounded dimensions, stored inline.
//!
//! Every product of dimensions is checked when the shape is made, so that later arithmetic on a
//! hostile file's numbers cannot overflow or allocate absurd amounts.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::limits;

/// The dimensions of a tensor, outermost first. The empty shape is that of a scalar.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    dims: [u32; limits::RANK],
    rank: u8,
}

impl Shape {
    /// `None` if the rank, a dimension or the number of elements exceeds its limit.
    pub fn new(dims: &[usize]) -> Option<Self> {
        let mut shape = Self::default();
        for &dim in dims {
            shape.push(dim as u64)?;
        }
        shape.checked()
    }

    fn push(&mut self, dim: u64) -> Option<()> {
        let slot = self.dims.get_mut(usize::from(self.rank))?;
        *slot = u32::try_from(dim)
            .ok()
            .filter(|_| dim <= limits::DIMENSION)?;
        self.rank += 1;
        Some(())
    }

    /// Bounds the product of every run of dimensions. A zero counts as one, because it would hide
    /// an overflow of the other dimensions.
    fn checked(self) -> Option<Self> {
        self.dims()
            .iter()
            .try_fold(1_u64, |product, &dim| {
                product.checked_mul(u64::from(dim.max(1)))
            })
            .filter(|&elements| elements <= limits::FILE_BYTES)
            .map(|_| self)
    }

    /// The dimensions, outermost first.
    pub fn dims(&self) -> &[u32] {
        &self.dims[..usize::from(self.rank)]
    }

    /// The number of dimensions.
    pub fn rank(&self) -> usize {
        usize::from(self.rank)
    }

    /// The number of elements; at most [`limits::FILE_BYTES`].
    pub fn elements(&self) -> usize {
        self.dims().iter().map(|&dim| dim as usize).product()
    }

    /// Rows and columns as a matrix: the first dimension by the product of all others, as a linear
    /// layer or a convolution reads its weights. A scalar is 1 by 1.
    pub fn matrix(&self) -> (usize, usize) {
        match self.dims().split_first() {
            None => (1, 1),
            Some((&rows, rest)) => (
                rows as usize,
                rest.iter().map(|&dim| dim as usize).product(),
            ),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.dims())
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.dims().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Dims;
        impl<'de> Visitor<'de> for Dims {
            type Value = Shape;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (rank, dim) = (limits::RANK, limits::DIMENSION);
                write!(f, "at most {rank} dimensions of at most {dim}")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
                let mut shape = Shape::default();
                while let Some(dim) = seq.next_element::<u64>()? {
                    shape.push(dim).ok_or_else(|| {
                        de::Error::custom(format_args!(
                            "dimension {} of {dim} is over the limit",
                            shape.rank
                        ))
                    })?;
                }
                shape.checked().ok_or_else(|| {
                    de::Error::custom(format_args!("shape {shape} has too many elements"))
                })
            }
        }
        deserializer.deserialize_seq(Dims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_checked() {
        assert_eq!(
            Shape::new(&[768, 3, 16, 16]).map(|s| s.matrix()),
            Some((768, 768))
        );
        assert_eq!(Shape::new(&[]).map(|s| s.elements()), Some(1));
        assert_eq!(Shape::new(&[1; 5]), None);
        assert_eq!(Shape::new(&[(1 << 24) + 1]), None);
        assert_eq!(Shape::new(&[1 << 24; 4]), None);
        assert_eq!(Shape::new(&[0, 1 << 24, 1 << 24]), None);
        assert_eq!(Shape::new(&[0, 7]).map(|s| s.elements()), Some(0));
        assert!(serde_json::from_str::<Shape>("[1,2,3,4,5]").is_err());
        assert!(serde_json::from_str::<Shape>("[-1]").is_err());
        assert!(serde_json::from_str::<Shape>("[1.5]").is_err());
    }
}
