//! What a graph needs to know of an operation, whatever device runs it.

use super::{TensorId, Tensors};

/// An operation between tensors.
pub trait Operation {
    /// Its name: that of its kernel.
    fn name(&self) -> &'static str;

    /// Checks that its tensors fit together.
    ///
    /// # Panics
    /// If they do not: a network's mistake, not its user's.
    fn check(&self, tensors: &Tensors);

    /// The tensors that it reads.
    fn reads(&self) -> Vec<TensorId>;

    /// The tensors that it writes, wholly or in part.
    fn writes(&self) -> Vec<TensorId>;

    /// Bytes of its largest binding: of a tensor as a whole, where it does not bind parts.
    fn binding_bytes(&self, tensors: &Tensors) -> u64 {
        let bound = self.reads().into_iter().chain(self.writes());
        bound.map(|id| tensors.get(id).bytes()).max().unwrap_or(0)
    }

    /// Floating-point operations of its products; norms, gates and element-wise work are left out.
    fn flops(&self) -> u64 {
        0
    }

    /// The largest number of workgroups that it dispatches in each dimension, on any GPU.
    fn workgroups(&self, tensors: &Tensors) -> [usize; 3];
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Reads and writes tensors of any shape.
    #[derive(Debug)]
    pub(in crate::ir) struct Touch {
        pub reads: Vec<TensorId>,
        pub writes: Vec<TensorId>,
        pub workgroups: usize,
    }

    impl Operation for Touch {
        fn name(&self) -> &'static str {
            "touch"
        }

        fn check(&self, _: &Tensors) {}

        fn reads(&self) -> Vec<TensorId> {
            self.reads.clone()
        }

        fn writes(&self) -> Vec<TensorId> {
            self.writes.clone()
        }

        fn workgroups(&self, _: &Tensors) -> [usize; 3] {
            [1, self.workgroups, 1]
        }
    }
}
