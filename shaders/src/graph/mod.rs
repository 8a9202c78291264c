//! What a network computes for one shape of input, as data.
//!
//! A network writes its forward pass down once, as a [`Graph`] of operations on numbered
//! matrices; [`Graph::compile`] turns it into an [`Executable`] for the device, which then runs
//! it as often as wanted. Because the whole pass is known beforehand, its memory is planned
//! ([`memory`]), its kernels are compiled and its bindings made before the first picture, and a
//! run is nothing but the replay of a list.

pub mod memory;
mod op;

pub use op::{Advance, Attention, EPSILON, Linear, Op, Rotate, Sequence};

use crate::compute::{Compute, DeviceFault};
use crate::resident::Resident;
use crate::tuning::Tuning;

/// Names a matrix of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub(crate) usize);

/// Some rows of a matrix, from their first columns on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Of which matrix.
    pub of: Id,
    /// The first row.
    pub first: usize,
    /// How many rows.
    pub count: usize,
    /// How many columns of each.
    pub columns: usize,
}

/// A matrix `[rows, columns]` of f32, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Shaped {
    pub shape: [usize; 2],
    pub home: Home,
}

#[derive(Clone, Debug)]
pub(crate) enum Home {
    /// Lives from its first writer to its last reader; the plan gives it a place.
    Planned,
    /// Outlives runs: what goes in, what comes out, and constants.
    Resident(Resident),
}

/// The operations of one pass, in order.
#[derive(Clone, Debug)]
pub struct Graph {
    compute: Compute,
    matrices: Vec<Shaped>,
    ops: Vec<Op>,
}

impl Graph {
    /// Nothing yet, to run on `compute`.
    #[must_use]
    pub fn new(compute: &Compute) -> Self {
        Self {
            compute: compute.clone(),
            matrices: Vec::new(),
            ops: Vec::new(),
        }
    }

    /// A matrix that exists within a run only.
    #[must_use]
    pub fn planned(&mut self, rows: usize, columns: usize) -> Id {
        self.matrix([rows, columns], Home::Planned)
    }

    /// A matrix that exists without the graph.
    #[must_use]
    pub fn resident(&mut self, resident: &Resident) -> Id {
        self.matrix(resident.shape(), Home::Resident(resident.clone()))
    }

    fn matrix(&mut self, shape: [usize; 2], home: Home) -> Id {
        self.matrices.push(Shaped { shape, home });
        Id(self.matrices.len() - 1)
    }

    /// All rows of a matrix.
    #[must_use]
    pub fn rows(&self, of: Id) -> Rows {
        let [count, columns] = self.matrices[of.0].shape;
        Rows {
            of,
            first: 0,
            count,
            columns,
        }
    }

    /// Adds an operation.
    ///
    /// # Panics
    /// If its matrices do not fit together: a network's mistake, not its user's.
    pub fn push(&mut self, op: impl Into<Op>) {
        let op = op.into();
        op.check(self);
        self.ops.push(op);
    }

    /// The operations so far.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Multiplications and additions of one run.
    #[must_use]
    pub fn flops(&self) -> u64 {
        self.ops.iter().map(Op::flops).sum()
    }

    pub(crate) fn matrices(&self) -> &[Shaped] {
        &self.matrices
    }

    pub(crate) fn shape(&self, id: Id) -> [usize; 2] {
        self.matrices[id.0].shape
    }

    /// Plans the memory, compiles the kernels and binds everything.
    ///
    /// # Errors
    /// The device's faults so far.
    pub fn compile(&self) -> Result<Executable, DeviceFault> {
        self.compile_with(Tuning::default())
    }

    /// As [`Self::compile`], with kernels cut otherwise than the device's table says: to measure.
    ///
    /// # Errors
    /// The device's faults so far.
    pub fn compile_with(&self, tuning: Tuning) -> Result<Executable, DeviceFault> {
        let plan = memory::plan(self);
        let memory_bytes = plan.bytes();
        let backend = match &self.compute {
            #[cfg(feature = "gpu")]
            Compute::Gpu(gpu) => Backend::Gpu(crate::gpu::Recording::new(gpu, self, &plan, tuning)),
            #[cfg(feature = "cpu")]
            Compute::Cpu => Backend::Cpu(crate::cpu::Interpreter::new(self, &plan)),
            #[cfg(not(feature = "cpu"))]
            Compute::Cpu => panic!("this build has no processor path"),
        };
        self.compute.check()?;
        Ok(Executable {
            backend,
            memory_bytes,
        })
    }
}

/// A graph that is ready to run.
#[derive(Debug)]
pub struct Executable {
    backend: Backend,
    memory_bytes: u64,
}

#[derive(Debug)]
enum Backend {
    #[cfg(feature = "gpu")]
    Gpu(crate::gpu::Recording),
    #[cfg(feature = "cpu")]
    Cpu(crate::cpu::Interpreter),
}

impl Executable {
    /// Runs it once. On a GPU this only submits: reading a resident waits for it.
    pub fn run(&self) {
        match &self.backend {
            #[cfg(feature = "gpu")]
            Backend::Gpu(recording) => recording.run(),
            #[cfg(feature = "cpu")]
            Backend::Cpu(interpreter) => interpreter.run(),
        }
    }

    /// Memory of its planned matrices.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }
}
