//! Parametric ReLU: `y = x` where `x` is positive, else `slope · x`, with a slope for each column.
//!
//! After a convolution it is part of [`Conv2dWeights`](super::conv2d::Conv2dWeights).

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(all(test, feature = "cpu", feature = "gpu"))]
mod tests;

use crate::ir::{Operation, Rows, TensorId, Tensors, spread};

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct Prelu {
    /// The rows, which are replaced.
    pub x: Rows,
    /// `[1, columns]`
    pub slopes: TensorId,
}

/// Values that a workgroup takes.
const WORKGROUP: usize = 64;

impl Operation for Prelu {
    fn name(&self) -> &'static str {
        "prelu"
    }

    fn check(&self, tensors: &Tensors) {
        self.x.check(tensors);
        assert_eq!(
            tensors.matrix(self.slopes),
            [1, self.x.columns],
            "one slope per column"
        );
        assert_ne!(self.x.of, self.slopes);
    }

    fn reads(&self) -> Vec<TensorId> {
        vec![self.x.of, self.slopes]
    }

    fn writes(&self) -> Vec<TensorId> {
        vec![self.x.of]
    }

    fn workgroups(&self, _: &Tensors) -> [usize; 3] {
        spread((self.x.count * self.x.columns).div_ceil(WORKGROUP))
    }
}
