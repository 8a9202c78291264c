//! A graph as a list of dispatches, made once and replayed.

use std::sync::Arc;

use bytemuck::cast_slice;

use super::kernel::Source;
use super::{Buffer, Gpu, advance, attention, linear, pace, preview, rotate};
use crate::graph::memory::Plan;
use crate::graph::{Graph, Home, Id, Op};
use crate::resident::{Resident, Storage};
use crate::tuning::{Traits, Tuning};

/// What an operation asks for.
#[derive(Debug)]
pub(super) struct Dispatch {
    pub source: Source,
    /// Numbers that the kernel reads, at binding 0.
    pub parameters: Vec<u32>,
    /// Bindings from 1 on.
    pub buffers: Vec<Buffer>,
    pub workgroups: [u32; 3],
    /// What it costs, for the pace of submissions.
    pub flops: u64,
}

/// A graph's dispatches with everything bound.
#[derive(Debug)]
pub(crate) struct Recording {
    gpu: Gpu,
    commands: Vec<Command>,
    /// Of each command.
    flops: Vec<u64>,
}

#[derive(Debug)]
struct Command {
    kernel: Arc<wgpu::ComputePipeline>,
    bindings: wgpu::BindGroup,
    workgroups: [u32; 3],
}

/// The matrices of a graph as buffers.
pub(super) struct Memory<'a> {
    graph: &'a Graph,
    buffers: Vec<Option<Buffer>>,
    traits: Traits,
}

impl<'a> Memory<'a> {
    fn new(gpu: &Gpu, graph: &'a Graph, plan: &Plan, places: &[Resident]) -> Self {
        let buffer = |(matrix, place): (&crate::graph::Shaped, &Option<usize>)| {
            let resident = match &matrix.home {
                Home::Planned => &places[(*place)?],
                Home::Resident(resident) => resident,
            };
            match &resident.storage {
                Storage::Gpu(buffer) => Some(buffer.clone()),
                #[cfg(feature = "cpu")]
                Storage::Cpu(_) => panic!("a graph on the GPU has a matrix on the processor"),
            }
        };
        Self {
            graph,
            buffers: graph
                .matrices()
                .iter()
                .zip(&plan.places)
                .map(buffer)
                .collect(),
            traits: gpu.traits(),
        }
    }

    /// What the device is and offers.
    pub(super) fn traits(&self) -> Traits {
        self.traits
    }

    pub(super) fn buffer(&self, Id(i): Id) -> Buffer {
        self.buffers[i]
            .clone()
            .expect("the plan places every matrix that an operation names")
    }

    pub(super) fn shape(&self, id: Id) -> [usize; 2] {
        self.graph.shape(id)
    }
}

/// A graph's dispatches, whose kernels may not be compiled yet.
#[derive(Debug)]
pub(crate) struct Draft {
    gpu: Gpu,
    dispatches: Vec<Dispatch>,
}

impl Draft {
    /// `places` are those of the plan.
    pub(crate) fn new(
        gpu: &Gpu,
        graph: &Graph,
        plan: &Plan,
        places: &[Resident],
        tuning: Tuning,
    ) -> Self {
        let memory = Memory::new(gpu, graph, plan, places);
        let mut dispatches = Vec::with_capacity(graph.ops().len());
        let mut ops = graph.ops().iter().peekable();
        while let Some(op) = ops.next() {
            dispatches.push(match op {
                Op::Linear(op) => {
                    let other = ops.next_if(|next| linear::go_together(op, next));
                    linear::dispatch(op, other.and_then(linear::of), &memory, tuning)
                }
                Op::Rotate(op) => rotate::dispatch(op, &memory),
                Op::Attention(op) => attention::dispatch(op, &memory, tuning),
                Op::Advance(op) => advance::dispatch(op, &memory),
                Op::Preview(op) => preview::dispatch(op, &memory),
            });
        }
        Self {
            gpu: gpu.clone(),
            dispatches,
        }
    }

    /// Compiles the kernels of all drafts; see [`crate::graph::Draft::compile`].
    pub(crate) async fn compile(
        gpu: &Gpu,
        drafts: impl Iterator<Item = &Self>,
        hear: impl AsyncFnMut(usize, usize),
    ) {
        let dispatches = drafts.flat_map(|draft| &draft.dispatches);
        let sources = dispatches.map(|dispatch| &dispatch.source);
        gpu.0.kernels.compile(gpu, sources, hear).await;
    }

    pub(crate) fn finish(self) -> Recording {
        Recording::of(&self.gpu, &self.dispatches)
    }
}

impl Recording {
    pub(super) fn of(gpu: &Gpu, dispatches: &[Dispatch]) -> Self {
        Self {
            gpu: gpu.clone(),
            commands: bind(gpu, dispatches),
            flops: dispatches.iter().map(|dispatch| dispatch.flops).collect(),
        }
    }

    /// Submits everything, in as many parts as the device's pace asks for.
    pub(crate) fn run(&self) {
        let pace = &self.gpu.0.pace;
        for part in pace::parts(&self.flops, pace.budget()) {
            self.submit(&self.commands[part.clone()]);
            pace.submitted(self.flops[part].iter().sum());
        }
    }

    fn submit(&self, commands: &[Command]) {
        let device = &self.gpu.0.device;
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            for command in commands {
                let [x, y, z] = command.workgroups;
                pass.set_pipeline(&command.kernel);
                pass.set_bind_group(0, &command.bindings, &[]);
                pass.dispatch_workgroups(x, y, z);
            }
        }
        self.gpu.0.queue.submit([encoder.finish()]);
    }
}

/// Compiles the kernels and binds their buffers; all parameters lie in one buffer.
fn bind(gpu: &Gpu, dispatches: &[Dispatch]) -> Vec<Command> {
    let device = &gpu.0.device;
    let alignment = device.limits().min_uniform_buffer_offset_alignment as usize / 4;
    let mut parameters: Vec<u32> = Vec::new();
    let mut ranges = Vec::with_capacity(dispatches.len());
    for dispatch in dispatches {
        parameters.resize(parameters.len().next_multiple_of(alignment), 0);
        ranges.push([parameters.len(), dispatch.parameters.len()]);
        parameters.extend(&dispatch.parameters);
    }
    let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
    let uniforms = gpu.buffer(4 * parameters.len().max(1) as u64, usage);
    gpu.0
        .queue
        .write_buffer(&uniforms, 0, cast_slice(&parameters));
    let command = |(dispatch, [first, count]): (&Dispatch, [usize; 2])| {
        let kernel = gpu.0.kernels.get(gpu, &dispatch.source);
        let parameters = wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &uniforms,
            offset: 4 * first as u64,
            size: wgpu::BufferSize::new(4 * count as u64),
        });
        let buffers = dispatch
            .buffers
            .iter()
            .map(|buffer| buffer.raw().as_entire_binding());
        let entries: Vec<wgpu::BindGroupEntry<'_>> = std::iter::once(parameters)
            .chain(buffers)
            .zip(0..)
            .map(|(resource, binding)| wgpu::BindGroupEntry { binding, resource })
            .collect();
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &kernel.get_bind_group_layout(0),
            entries: &entries,
        });
        Command {
            kernel,
            bindings,
            workgroups: dispatch.workgroups,
        }
    };
    dispatches.iter().zip(ranges).map(command).collect()
}
