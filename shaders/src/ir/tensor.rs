//! Tensors: what operations read and write.

use std::ops::Range;

use super::limits::BINDING_ALIGNMENT;

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DType {
    /// Single-precision floating point.
    F32,
    /// Bits, such as packed pixels.
    U32,
}

impl DType {
    /// Bytes of one element.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => size_of::<f32>(),
            Self::U32 => size_of::<u32>(),
        }
    }
}

/// The dimensions of a tensor, outermost first; elements are contiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Leading dimensions that a tensor of lower rank lacks are 1.
    dims: [usize; RANK_MAX],
    rank: usize,
}

const RANK_MAX: usize = 4;

impl<const RANK: usize> From<[usize; RANK]> for Shape {
    fn from(own: [usize; RANK]) -> Self {
        const { assert!(RANK >= 1 && RANK <= RANK_MAX, "one to four dimensions") };
        let mut dims = [1; RANK_MAX];
        dims[RANK_MAX - RANK..].copy_from_slice(&own);
        Self { dims, rank: RANK }
    }
}

impl Shape {
    /// The dimensions.
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        &self.dims[RANK_MAX - self.rank..]
    }

    /// The product of all dimensions.
    #[must_use]
    pub fn elements(&self) -> usize {
        self.dims.iter().product()
    }

    /// Rows and columns: all dimensions but the last one, and the last one.
    #[must_use]
    pub fn matrix(&self) -> [usize; 2] {
        let [leading @ .., columns] = self.dims;
        [leading.iter().product(), columns]
    }
}

/// Names a tensor of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TensorId(pub(crate) usize);

/// Consecutive rows of a tensor, of each the first columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The tensor.
    pub of: TensorId,
    /// The first row.
    pub first: usize,
    /// The number of rows.
    pub count: usize,
    /// The number of columns of each.
    pub columns: usize,
}

impl Rows {
    /// The elements of a binding that holds them: from a place where one may begin to their end.
    pub(crate) fn window(&self, tensors: &Tensors) -> Range<usize> {
        let [_, stride] = tensors.matrix(self.of);
        let alignment = BINDING_ALIGNMENT / DType::F32.bytes();
        let begin = self.first * stride / alignment * alignment;
        begin..(self.first + self.count) * stride
    }

    /// # Panics
    /// If there are none or they lie outside their tensor.
    pub(crate) fn check(&self, tensors: &Tensors) {
        let [count, columns] = tensors.matrix(self.of);
        assert!(
            self.first + self.count <= count && self.columns <= columns && self.count > 0,
            "{self:?} of a tensor of {count} by {columns}"
        );
    }
}

/// Where a tensor lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// From its first writer to its last reader; the plan gives it memory.
    Planned,
    /// Outside the graph: inputs, results and constants, which outlive a run.
    Resident,
}

/// A tensor of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// The type of its elements.
    pub dtype: DType,
    /// Its dimensions.
    pub shape: Shape,
    /// Where it lives.
    pub home: Home,
}

impl Tensor {
    /// Its size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        (self.shape.elements() * self.dtype.bytes()) as u64
    }
}

/// The tensors of a graph.
#[derive(Clone, Debug, Default)]
pub struct Tensors(Vec<Tensor>);

impl Tensors {
    pub(super) fn add(&mut self, tensor: Tensor) -> TensorId {
        self.0.push(tensor);
        TensorId(self.0.len() - 1)
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, TensorId(i): TensorId) -> &Tensor {
        &self.0[i]
    }

    /// Rows and columns of one of them; see [`Shape::matrix`].
    #[must_use]
    pub fn matrix(&self, id: TensorId) -> [usize; 2] {
        self.get(id).shape.matrix()
    }

    /// All of them, by number.
    #[must_use]
    pub fn all(&self) -> &[Tensor] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_of_any_rank_is_also_a_matrix() {
        let image = Shape::from([2, 3, 5, 7]);
        assert_eq!(image.dims(), [2, 3, 5, 7]);
        assert_eq!((image.elements(), image.matrix()), (210, [30, 7]));
        let vector = Shape::from([4]);
        assert_eq!((vector.dims(), vector.matrix()), (&[4][..], [1, 4]));
        assert_ne!(vector, Shape::from([1, 4]));
    }
}
