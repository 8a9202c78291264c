//! A graph as a list of dispatches: data, without any of the device's objects, so that it can be
//! made and compared without a device.

use super::buffer::Buffer;
use super::kernel::Source;
use crate::ir::{Graph, TensorId, Tensors, WORKGROUPS_MAX};
use crate::tuning::{SubgroupMatrix, Traits, Tuning};

/// A buffer, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// A tensor of the graph.
    Tensor(TensorId),
    /// A buffer that an operation holds, such as a weight, by its number in the recording.
    Constant(usize),
}

/// One dispatch of a kernel.
#[derive(Debug)]
pub(crate) struct Dispatch {
    pub kernel: Source,
    /// The kernel's uniform, at binding 0.
    pub parameters: Vec<u32>,
    /// Storage buffers, from binding 1 on.
    pub bindings: Vec<Binding>,
    pub workgroups: [usize; 3],
    /// Its cost, for the pace of submissions.
    pub flops: u64,
}

impl Dispatch {
    /// # Panics
    /// If a dimension has more workgroups than WebGPU guarantees: packages and requests are bounded
    /// before.
    pub(super) fn counts(&self) -> [u32; 3] {
        let counts = self.workgroups;
        assert!(
            counts.iter().all(|&count| count <= WORKGROUPS_MAX),
            "too many workgroups: {counts:?}"
        );
        counts.map(|count| count as u32)
    }
}

/// An operation that kernels compute.
pub(crate) trait Launch: Sized {
    /// Whether this and the next operation can be one dispatch.
    fn fuses_with(&self, _next: &Self) -> bool {
        false
    }

    /// The dispatch of this operation, and of one that it is fused with.
    fn launch(&self, fused: Option<&Self>, recorder: &mut Recorder<'_>) -> Dispatch;

    /// Permutations of its kernel that a device may be given, with subgroup matrices of these kinds
    /// among others: for tests that compile them.
    fn kernels(matrices: &[SubgroupMatrix]) -> Vec<Source>;

    /// Permutations that use a kind of subgroup matrix in every way that the others do: if a browser
    /// compiles them, it compiles the others.
    fn trials(_matrix: SubgroupMatrix) -> Vec<Source> {
        Vec::new()
    }
}

/// The context of an operation that is being recorded.
#[derive(Debug)]
pub(crate) struct Recorder<'a> {
    tensors: &'a Tensors,
    traits: Traits,
    tuning: Tuning,
    constants: Vec<Buffer>,
}

impl Recorder<'_> {
    /// Properties of the device.
    pub(crate) fn traits(&self) -> Traits {
        self.traits
    }

    /// How kernels are chosen.
    pub(crate) fn tuning(&self) -> Tuning {
        self.tuning
    }

    /// The graph's tensors.
    pub(crate) fn tensors(&self) -> &Tensors {
        self.tensors
    }

    /// Names a buffer that the operation holds.
    pub(crate) fn constant(&mut self, buffer: &Buffer) -> Binding {
        self.constants.push(buffer.clone());
        Binding::Constant(self.constants.len() - 1)
    }
}

/// A graph's dispatches, and the buffers that its operations hold.
#[derive(Debug)]
pub(crate) struct Recording {
    pub dispatches: Vec<Dispatch>,
    pub constants: Vec<Buffer>,
}

/// Records a graph for a device.
pub(super) fn record<O: Launch>(graph: &Graph<O>, traits: Traits, tuning: Tuning) -> Recording {
    let mut recorder = Recorder {
        tensors: graph.tensors(),
        traits,
        tuning,
        constants: Vec::new(),
    };
    let mut dispatches = Vec::with_capacity(graph.ops().len());
    let mut ops = graph.ops().iter().peekable();
    while let Some(op) = ops.next() {
        let fused = ops.next_if(|next| op.fuses_with(next));
        dispatches.push(op.launch(fused, &mut recorder));
    }
    Recording {
        dispatches,
        constants: recorder.constants,
    }
}

impl Recording {
    /// The buffer of each binding of a dispatch.
    pub(super) fn buffers<'a>(
        &'a self,
        dispatch: &'a Dispatch,
        tensors: &'a [Option<Buffer>],
    ) -> impl Iterator<Item = &'a Buffer> {
        dispatch.bindings.iter().map(|binding| match *binding {
            Binding::Tensor(TensorId(i)) => tensors[i]
                .as_ref()
                .expect("the plan places every tensor that an operation names"),
            Binding::Constant(i) => &self.constants[i],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "too many workgroups")]
    fn a_dispatch_beyond_the_guaranteed_limit_is_refused() {
        let dispatch = Dispatch {
            kernel: Source::new("none", ""),
            parameters: Vec::new(),
            bindings: Vec::new(),
            workgroups: [1, 65_536, 1],
            flops: 0,
        };
        let _ = dispatch.counts();
    }
}
