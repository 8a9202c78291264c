//! A network's pass on a device.
//!
//! A network writes its forward pass down once, as a [`Graph`] of operations on numbered tensors;
//! [`Graph::compile`] turns it into an [`Executable`] for the device, which then runs it as often
//! as needed. Because the whole pass is known beforehand, its memory is planned, its kernels are
//! compiled and its bindings made before the first picture, and a run only replays a list.

use crate::backend::{
    self, Compile, DeviceFault, OnDevice, Prepared as _, Program, map_device, on_device,
};
use crate::compute::{Compute, Cpu, Gpu};
use crate::ir::{self, DType, Excess, Home, Limits, Rows, Shape, TensorId, memory};
use crate::ops::{Conv2d, Image, Op};
use crate::resident::Resident;
use crate::tuning::Tuning;
use crate::workspace::Workspace;

/// The operations of one pass, in order, and the device's tensors that they use.
#[derive(Clone, Debug)]
pub struct Graph {
    compute: Compute,
    ir: ir::Graph<Op>,
    residents: Vec<(TensorId, Resident)>,
}

impl Graph {
    /// An empty graph for a device.
    #[must_use]
    pub fn new(compute: &Compute) -> Self {
        Self {
            compute: compute.clone(),
            ir: ir::Graph::default(),
            residents: Vec::new(),
        }
    }

    /// A tensor of f32 that exists within a run only.
    #[must_use]
    pub fn planned(&mut self, rows: usize, columns: usize) -> TensorId {
        let shape = Shape::from([rows, columns]);
        self.ir.tensor(DType::F32, shape, Home::Planned)
    }

    /// A tensor that exists without the graph.
    #[must_use]
    pub fn resident(&mut self, resident: &Resident) -> TensorId {
        let (dtype, shape) = (resident.dtype(), resident.dims());
        let id = self.ir.tensor(dtype, shape, Home::Resident);
        self.residents.push((id, resident.clone()));
        id
    }

    /// All rows of a tensor.
    #[must_use]
    pub fn rows(&self, of: TensorId) -> Rows {
        self.ir.rows(of)
    }

    /// All rows of a tensor, as an image of `[height, width]` pixels.
    #[must_use]
    pub fn image(&self, of: TensorId, size: [usize; 2]) -> Image {
        let channels = self.rows(of).columns;
        Image {
            of,
            first: 0,
            size,
            channels,
        }
    }

    /// Adds an operation.
    ///
    /// # Panics
    /// If its tensors do not fit together: a network's mistake, not its user's.
    pub fn push(&mut self, op: impl Into<Op>) {
        self.ir.push(op.into());
    }

    /// Adds a convolution in as few bands of lines as the device's bindings allow; see
    /// [`Conv2d::in_bands`].
    ///
    /// # Panics
    /// As [`Self::push`].
    pub fn push_in_bands(&mut self, op: Conv2d) {
        let limits = self.compute.limits();
        let bands: Vec<Conv2d> = op.in_bands(self.ir.tensors(), limits).collect();
        bands.into_iter().for_each(|band| self.push(band));
    }

    /// The operations and tensors, without the device.
    #[must_use]
    pub fn ir(&self) -> &ir::Graph<Op> {
        &self.ir
    }

    /// Floating-point operations of one run; see [`ir::Operation::flops`].
    #[must_use]
    pub fn flops(&self) -> u64 {
        self.ir.flops()
    }

    /// Memory that the plan takes for tensors that exist within a run only.
    #[must_use]
    pub fn planned_bytes(&self) -> u64 {
        memory::plan(&self.ir).bytes()
    }

    /// The most memory that such tensors take at any one operation: no plan can need less.
    #[must_use]
    pub fn lower_bound_bytes(&self) -> u64 {
        memory::lower_bound_bytes(&self.ir)
    }

    /// Whether a device with these limits can run it.
    ///
    /// # Errors
    /// The first limit that it exceeds.
    pub fn check(&self, limits: Limits) -> Result<(), Excess> {
        self.ir.check(limits)
    }

    /// Plans the memory, compiles the kernels and binds everything.
    ///
    /// # Errors
    /// The device's faults so far.
    pub fn compile(&self) -> Result<Executable, DeviceFault> {
        self.compile_with(Tuning::default())
    }

    /// As [`Self::compile`], with other kernels than the device's table chooses: for measurements
    /// and tests.
    ///
    /// # Errors
    /// The device's faults so far.
    pub fn compile_with(&self, tuning: Tuning) -> Result<Executable, DeviceFault> {
        self.prepare_with(&mut Workspace::default(), tuning)
            .finish()
    }

    /// The first half of [`Self::compile`]: plans the memory, within a workspace that is shared
    /// with graphs that run at other times.
    #[must_use]
    pub fn prepare(&self, workspace: &mut Workspace) -> Prepared {
        self.prepare_with(workspace, Tuning::default())
    }

    fn prepare_with(&self, workspace: &mut Workspace, tuning: Tuning) -> Prepared {
        let plan = memory::plan(&self.ir);
        let buffers = workspace.take(&self.compute, &plan.sizes);
        let mut homes: Vec<Option<&Resident>> = plan
            .places
            .iter()
            .map(|place| place.map(|place| &buffers[place]))
            .collect();
        for (TensorId(i), resident) in &self.residents {
            homes[*i] = Some(resident);
        }
        let homes = homes.iter();
        let graph = match &self.compute.0 {
            OnDevice::Gpu(gpu) => {
                let memory = homes.map(|home| Some((*home)?.memory.gpu().clone()));
                OnDevice::Gpu(gpu.prepare(&self.ir, memory.collect(), tuning))
            }
            OnDevice::Cpu(cpu) => {
                let memory = homes.map(|home| Some((*home)?.memory.cpu().clone()));
                OnDevice::Cpu(cpu.prepare(&self.ir, memory.collect(), tuning))
            }
        };
        Prepared {
            compute: self.compute.clone(),
            graph,
            residents: self.residents.iter().map(|(_, it)| it.clone()).collect(),
        }
    }
}

type OnGpu = <Gpu as Compile<Op>>::Prepared;
type OnCpu = <Cpu as Compile<Op>>::Prepared;

/// A graph whose memory is planned, and whose kernels are known but may not be compiled.
#[derive(Debug)]
pub struct Prepared {
    compute: Compute,
    graph: OnDevice<OnGpu, OnCpu>,
    residents: Vec<Resident>,
}

impl Prepared {
    /// Compiles the kernels of several graphs of one device side by side. `progress` receives how
    /// many of how many are ready, first none, and is awaited, so that a worker can answer messages
    /// meanwhile. It is not called where nothing has to be compiled.
    ///
    /// # Errors
    /// The device's faults so far, as of a kernel that it refuses.
    pub async fn compile(
        graphs: &[Self],
        progress: impl AsyncFnMut(usize, usize),
    ) -> Result<(), DeviceFault> {
        let Some(Self { compute, graph, .. }) = graphs.first() else {
            return Ok(());
        };
        match graph {
            OnDevice::Gpu(_) => {
                let graphs: Vec<&OnGpu> = graphs.iter().map(|it| it.graph.gpu()).collect();
                backend::Prepared::compile(&graphs, progress).await;
            }
            OnDevice::Cpu(_) => {
                let graphs: Vec<&OnCpu> = graphs.iter().map(|it| it.graph.cpu()).collect();
                backend::Prepared::compile(&graphs, progress).await;
            }
        }
        compute.check()
    }

    /// Compiles what is not compiled yet, and binds everything.
    ///
    /// # Errors
    /// The device's faults so far.
    pub fn finish(self) -> Result<Executable, DeviceFault> {
        let program = map_device!(self.graph, graph => graph.finish());
        self.compute.check()?;
        Ok(Executable {
            program,
            residents: self.residents,
        })
    }
}

/// A graph that is ready to run.
#[derive(Debug)]
pub struct Executable {
    program: OnDevice<<OnGpu as backend::Prepared>::Program, <OnCpu as backend::Prepared>::Program>,
    residents: Vec<Resident>,
}

impl Executable {
    /// Runs it once. On a GPU this only submits: reading a resident waits for it.
    pub fn run(&self) {
        on_device!(&self.program, program => program.run());
    }

    /// The residents that it reads and writes.
    #[must_use]
    pub fn residents(&self) -> &[Resident] {
        &self.residents
    }
}

#[cfg(all(test, feature = "cpu", feature = "gpu"))]
mod tests;
