//! What a network computes for one shape of input, as data.
//!
//! A network writes its forward pass down once, as a [`Graph`] of operations on numbered
//! matrices; [`Graph::compile`] turns it into an [`Executable`] for the device, which then runs
//! it as often as wanted. Because the whole pass is known beforehand, its memory is planned
//! ([`memory`]), its kernels are compiled and its bindings made before the first picture, and a
//! run is nothing but the replay of a list.

pub mod memory;
mod op;

pub use memory::Workspace;
pub use op::{Advance, Attention, EPSILON, Linear, Op, Preview, Previewed, Rotate, Sequence};

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
        self.draft_with(&mut Workspace::default(), tuning).finish()
    }

    /// The first half of [`Self::compile`]: plans the memory, within a workspace that other graphs
    /// use when this one does not run.
    #[must_use]
    pub fn draft(&self, workspace: &mut Workspace) -> Draft {
        self.draft_with(workspace, Tuning::default())
    }

    fn draft_with(&self, workspace: &mut Workspace, tuning: Tuning) -> Draft {
        let plan = memory::plan(self);
        let places = workspace.take(&self.compute, &plan.sizes);
        let stage = match &self.compute {
            #[cfg(feature = "gpu")]
            Compute::Gpu(gpu) => {
                Stage::Gpu(crate::gpu::Draft::new(gpu, self, &plan, &places, tuning))
            }
            #[cfg(feature = "cpu")]
            Compute::Cpu => Stage::Cpu(crate::cpu::Interpreter::new(self, &plan, &places)),
            #[cfg(not(feature = "cpu"))]
            Compute::Cpu => panic!("this build has no processor path"),
        };
        #[cfg(not(feature = "gpu"))]
        let Tuning { .. } = tuning; // of kernels that this build does not have
        let residents = self
            .matrices
            .iter()
            .filter_map(|matrix| match &matrix.home {
                Home::Planned => None,
                Home::Resident(resident) => Some(resident.clone()),
            });
        Draft {
            compute: self.compute.clone(),
            stage,
            residents: residents.collect(),
        }
    }
}

/// A graph whose memory is planned, and whose kernels are known but may not be compiled.
#[derive(Debug)]
pub struct Draft {
    compute: Compute,
    stage: Stage,
    residents: Vec<Resident>,
}

#[derive(Debug)]
enum Stage {
    #[cfg(feature = "gpu")]
    Gpu(crate::gpu::Draft),
    #[cfg(feature = "cpu")]
    Cpu(crate::cpu::Interpreter),
}

impl Draft {
    /// Compiles the kernels of several drafts side by side. `hear` is told how many of how many are
    /// ready, first none, and awaited: whoever lets messages be heard does so there. It hears nothing
    /// where nothing is to be compiled.
    ///
    /// # Errors
    /// The device's faults so far, as of a kernel that it refuses.
    pub async fn compile(
        drafts: &[Self],
        hear: impl AsyncFnMut(usize, usize),
    ) -> Result<(), DeviceFault> {
        let Some(first) = drafts.first() else {
            return Ok(());
        };
        match &first.compute {
            #[cfg(feature = "gpu")]
            Compute::Gpu(gpu) => {
                let drafts = drafts.iter().filter_map(Self::on_gpu);
                crate::gpu::Draft::compile(gpu, drafts, hear).await;
            }
            Compute::Cpu => drop(hear), // compiled with this program
        }
        first.compute.check()
    }

    #[cfg(feature = "gpu")]
    fn on_gpu(&self) -> Option<&crate::gpu::Draft> {
        match &self.stage {
            Stage::Gpu(draft) => Some(draft),
            #[cfg(feature = "cpu")]
            Stage::Cpu(_) => None,
        }
    }

    /// Compiles what is not compiled yet, and binds everything.
    ///
    /// # Errors
    /// The device's faults so far.
    pub fn finish(self) -> Result<Executable, DeviceFault> {
        let backend = match self.stage {
            #[cfg(feature = "gpu")]
            Stage::Gpu(draft) => Backend::Gpu(draft.finish()),
            #[cfg(feature = "cpu")]
            Stage::Cpu(interpreter) => Backend::Cpu(interpreter),
        };
        self.compute.check()?;
        Ok(Executable {
            backend,
            residents: self.residents,
        })
    }
}

/// A graph that is ready to run.
#[derive(Debug)]
pub struct Executable {
    backend: Backend,
    residents: Vec<Resident>,
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

    /// What it reads and writes of the matrices that outlive a run.
    #[must_use]
    pub fn residents(&self) -> &[Resident] {
        &self.residents
    }
}
