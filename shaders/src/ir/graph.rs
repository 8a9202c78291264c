//! A network's pass for one shape of input, as data.

use super::{DType, Excess, Home, Limits, Operation, Rows, Shape, Tensor, TensorId, Tensors};

/// The operations `O` of one pass, in order, and their tensors.
#[derive(Clone, Debug)]
pub struct Graph<O> {
    tensors: Tensors,
    ops: Vec<O>,
}

impl<O> Default for Graph<O> {
    fn default() -> Self {
        Self {
            tensors: Tensors::default(),
            ops: Vec::new(),
        }
    }
}

impl<O> Graph<O> {
    /// Adds a tensor.
    #[must_use]
    pub fn tensor(&mut self, dtype: DType, shape: Shape, home: Home) -> TensorId {
        self.tensors.add(Tensor { dtype, shape, home })
    }

    /// All rows of a tensor.
    #[must_use]
    pub fn rows(&self, of: TensorId) -> Rows {
        let [count, columns] = self.tensors.matrix(of);
        Rows {
            of,
            first: 0,
            count,
            columns,
        }
    }

    /// The operations so far.
    #[must_use]
    pub fn ops(&self) -> &[O] {
        &self.ops
    }

    /// The tensors so far.
    #[must_use]
    pub fn tensors(&self) -> &Tensors {
        &self.tensors
    }
}

impl<O: Operation> Graph<O> {
    /// Adds an operation.
    ///
    /// # Panics
    /// If its tensors do not fit together: a network's mistake, not its user's.
    pub fn push(&mut self, op: O) {
        op.check(&self.tensors);
        self.ops.push(op);
    }

    /// Floating-point operations of one run; see [`Operation::flops`].
    #[must_use]
    pub fn flops(&self) -> u64 {
        self.ops.iter().map(Operation::flops).sum()
    }

    /// Whether a device with these limits can run it.
    ///
    /// # Errors
    /// The first limit that it exceeds.
    pub fn check(&self, limits: Limits) -> Result<(), Excess> {
        let within = |bytes: u64, limit: u64| match bytes <= limit {
            true => Ok(()),
            false => Err(Excess::Buffer { bytes, limit }),
        };
        for tensor in self.tensors.all() {
            within(tensor.bytes(), limits.tensor_bytes)?;
        }
        for op in &self.ops {
            within(op.binding_bytes(&self.tensors), limits.binding_bytes)?;
            let [x, y, z] = op.workgroups(&self.tensors);
            let count = x.max(y).max(z);
            if count > limits.workgroups {
                return Err(Excess::Workgroups {
                    operation: op.name(),
                    count,
                    limit: limits.workgroups,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::operation::tests::Touch;
    use super::*;

    #[test]
    fn a_graph_beyond_a_limit_is_refused_by_name() {
        let limits = Limits {
            tensor_bytes: 800,
            binding_bytes: 400,
            workgroups: 5,
        };
        let of = |rows: usize, workgroups: usize| {
            let mut graph = Graph::default();
            let id = graph.tensor(DType::F32, [rows, 10].into(), Home::Planned);
            graph.push(Touch {
                reads: vec![id],
                writes: Vec::new(),
                workgroups,
            });
            graph.check(limits)
        };
        assert_eq!(of(10, 5), Ok(()));
        assert_eq!(
            of(11, 5),
            Err(Excess::Buffer {
                bytes: 440,
                limit: 400
            })
        );
        assert_eq!(
            of(21, 5),
            Err(Excess::Buffer {
                bytes: 840,
                limit: 800
            })
        );
        assert_eq!(
            of(10, 6),
            Err(Excess::Workgroups {
                operation: "touch",
                count: 6,
                limit: 5
            })
        );
    }
}
