//! The processor's side: each operation's twin of its kernel, and the interpreter that runs a
//! graph of them.

mod advance;
mod attention;
mod decoded;
mod linear;
mod math;
mod preview;
mod rotate;
mod threads;
mod whole;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use linear::Panels;

use crate::graph::memory::Plan;
use crate::graph::{Graph, Home, Id, Op};
use crate::resident::{Resident, Storage};

/// A matrix's values.
pub(crate) type Shared = Arc<Mutex<Vec<f32>>>;

pub(crate) fn shared(values: Vec<f32>) -> Shared {
    Arc::new(Mutex::new(values))
}

/// Values are plain numbers: whoever panicked while holding them left no invariant broken.
pub(crate) fn lock(shared: &Shared) -> MutexGuard<'_, Vec<f32>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The values of a resident that an operation names beside its matrices.
fn resident_values(resident: &Resident) -> MutexGuard<'_, Vec<f32>> {
    match &resident.storage {
        Storage::Cpu(values) => lock(values),
        #[cfg(feature = "gpu")]
        Storage::Gpu(_) => panic!("a graph on the processor has values on a GPU"),
    }
}

/// A graph with its memory.
#[derive(Debug)]
pub(crate) struct Interpreter {
    ops: Vec<Op>,
    /// Of each matrix; `None` for what nobody uses.
    matrices: Vec<Option<Slot>>,
}

#[derive(Clone, Debug)]
struct Slot {
    values: Shared,
    columns: usize,
}

impl Interpreter {
    /// `places` are those of the plan.
    pub(crate) fn new(graph: &Graph, plan: &Plan, places: &[Resident]) -> Self {
        let slot = |(matrix, place): (&crate::graph::Shaped, &Option<usize>)| {
            let resident = match &matrix.home {
                Home::Planned => &places[(*place)?],
                Home::Resident(resident) => resident,
            };
            let values = match &resident.storage {
                Storage::Cpu(values) => values.clone(),
                #[cfg(feature = "gpu")]
                Storage::Gpu(_) => panic!("a graph on the processor has a matrix on a GPU"),
            };
            Some(Slot {
                values,
                columns: matrix.shape[1],
            })
        };
        Self {
            ops: graph.ops().to_vec(),
            matrices: graph
                .matrices()
                .iter()
                .zip(&plan.places)
                .map(slot)
                .collect(),
        }
    }

    pub(crate) fn run(&self) {
        for op in &self.ops {
            match op {
                Op::Linear(op) => linear::run(op, self),
                Op::Rotate(op) => rotate::run(op, self),
                Op::Attention(op) => attention::run(op, self),
                Op::Advance(op) => advance::run(op, self),
                Op::Preview(op) => preview::run(op, self),
            }
        }
    }

    fn slot(&self, Id(i): Id) -> &Slot {
        self.matrices[i]
            .as_ref()
            .expect("the plan places every matrix that an operation names")
    }

    /// The values of a matrix. An operation may lock several different ones at a time.
    fn values(&self, id: Id) -> MutexGuard<'_, Vec<f32>> {
        lock(&self.slot(id).values)
    }

    /// Values from one row's start to the next one's.
    fn stride(&self, id: Id) -> usize {
        self.slot(id).columns
    }
}
