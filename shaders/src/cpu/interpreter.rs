//! Runs a graph on the processor, one operation's twin after the other.

use std::fmt::Debug;
use std::sync::MutexGuard;

use super::memory::Memory;
use crate::backend;
use crate::ir::{Graph, TensorId, Tensors};

/// An operation's implementation for the processor, which computes what its kernel computes.
pub(crate) trait Twin: Debug {
    fn run(&self, on: &Values);
}

/// The values of a graph's tensors.
#[derive(Debug)]
pub(crate) struct Values {
    tensors: Tensors,
    /// By the tensor's number; `None` for unused ones.
    memory: Vec<Option<Memory>>,
}

impl Values {
    /// The values of a tensor. An operation may lock several different ones at a time.
    pub(crate) fn lock(&self, TensorId(i): TensorId) -> MutexGuard<'_, Vec<f32>> {
        self.memory[i]
            .as_ref()
            .expect("the plan places every tensor that an operation names")
            .lock()
    }

    /// The number of values from one row's start to the next one's.
    pub(crate) fn stride(&self, id: TensorId) -> usize {
        self.tensors.matrix(id)[1]
    }
}

/// A graph and its memory.
#[derive(Debug)]
pub(crate) struct Interpreter<O> {
    ops: Vec<O>,
    values: Values,
}

impl<O: Clone> Interpreter<O> {
    pub(super) fn new(graph: &Graph<O>, memory: Vec<Option<Memory>>) -> Self {
        Self {
            ops: graph.ops().to_vec(),
            values: Values {
                tensors: graph.tensors().clone(),
                memory,
            },
        }
    }
}

impl<O: Twin> backend::Prepared for Interpreter<O> {
    type Program = Self;

    /// Does nothing: the twins were compiled with the program.
    async fn compile(_: &[&Self], _: impl AsyncFnMut(usize, usize)) {}

    fn finish(self) -> Self {
        self
    }
}

impl<O: Twin> backend::Program for Interpreter<O> {
    fn run(&self) {
        for op in &self.ops {
            op.run(&self.values);
        }
    }
}
