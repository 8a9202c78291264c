//! A recording with its kernels compiled and its buffers bound, ready to be replayed.

use std::sync::Arc;

use bytemuck::cast_slice;

use super::buffer::Buffer;
use super::device::{Gpu, Inner};
use super::pace;
use super::recording::{Dispatch, Recording};
use crate::backend;

/// A recording whose kernels may not be compiled yet, and the memory of its tensors.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub gpu: Gpu,
    pub recording: Recording,
    /// By the tensor's number; `None` for unused ones.
    pub tensors: Vec<Option<Buffer>>,
}

impl backend::Prepared for Prepared {
    type Program = Program;

    async fn compile(graphs: &[&Self], progress: impl AsyncFnMut(usize, usize)) {
        let Some(Self { gpu, .. }) = graphs.first() else {
            return;
        };
        let dispatches = graphs.iter().flat_map(|graph| &graph.recording.dispatches);
        let kernels = dispatches.map(|dispatch| &dispatch.kernel);
        let Inner { device, faults, .. } = &*gpu.0;
        gpu.0
            .kernels
            .compile(device, faults, kernels, progress)
            .await;
    }

    fn finish(self) -> Program {
        let dispatches = &self.recording.dispatches;
        Program {
            commands: self.bind(),
            flops: dispatches.iter().map(|dispatch| dispatch.flops).collect(),
            gpu: self.gpu,
        }
    }
}

impl Prepared {
    /// All parameters are in one buffer.
    fn bind(&self) -> Vec<Command> {
        let (device, queue) = (&self.gpu.0.device, &self.gpu.0.queue);
        let dispatches = &self.recording.dispatches;
        let alignment = device.limits().min_uniform_buffer_offset_alignment as usize / 4;
        let mut parameters: Vec<u32> = Vec::new();
        let mut ranges = Vec::with_capacity(dispatches.len());
        for dispatch in dispatches {
            parameters.resize(parameters.len().next_multiple_of(alignment), 0);
            ranges.push([parameters.len(), dispatch.parameters.len()]);
            parameters.extend(&dispatch.parameters);
        }
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let bytes = 4 * parameters.len().max(1) as u64;
        let uniforms = self.gpu.raw_buffer("parameters", bytes, usage);
        queue.write_buffer(&uniforms, 0, cast_slice(&parameters));
        let command = |(dispatch, range)| self.command(dispatch, &uniforms, range);
        dispatches.iter().zip(ranges).map(command).collect()
    }

    /// `first` and `count` are of the dispatch's parameters.
    fn command(
        &self,
        dispatch: &Dispatch,
        uniforms: &wgpu::Buffer,
        [first, count]: [usize; 2],
    ) -> Command {
        let gpu = &self.gpu;
        let kernel = gpu.0.kernels.get(&gpu.0.device, &dispatch.kernel);
        let parameters = wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: uniforms,
            offset: 4 * first as u64,
            size: wgpu::BufferSize::new(4 * count as u64),
        });
        let bound = self.recording.bound(dispatch, &self.tensors);
        let bound = bound.map(|bound| {
            wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: bound.buffer.raw(),
                offset: bound.offset,
                size: bound.size.and_then(wgpu::BufferSize::new),
            })
        });
        let entries: Vec<wgpu::BindGroupEntry<'_>> = std::iter::once(parameters)
            .chain(bound)
            .zip(0..)
            .map(|(resource, binding)| wgpu::BindGroupEntry { binding, resource })
            .collect();
        let bindings = gpu.0.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(dispatch.kernel.name()),
            layout: &kernel.get_bind_group_layout(0),
            entries: &entries,
        });
        Command {
            kernel,
            bindings,
            workgroups: dispatch.counts(),
        }
    }
}

#[derive(Debug)]
struct Command {
    kernel: Arc<wgpu::ComputePipeline>,
    bindings: wgpu::BindGroup,
    workgroups: [u32; 3],
}

/// Commands with everything bound.
#[derive(Debug)]
pub(crate) struct Program {
    gpu: Gpu,
    commands: Vec<Command>,
    /// The cost of each command.
    flops: Vec<u64>,
}

impl backend::Program for Program {
    /// Submits everything, in as many parts as the device's pace requires.
    fn run(&self) {
        let pace = &self.gpu.0.pace;
        for part in pace::parts(&self.flops, pace.budget()) {
            self.submit(&self.commands[part.clone()]);
            pace.submitted(self.flops[part].iter().sum());
        }
    }
}

impl Program {
    fn submit(&self, commands: &[Command]) {
        let label = Some("graph");
        let device = &self.gpu.0.device;
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label });
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label,
                timestamp_writes: None,
            });
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
