//! A graph as a list of dispatches: data, without any of the device's objects, so that it can be
//! made and compared without a device.

use super::buffer::Buffer;
use super::kernel::Source;
use crate::ir::{Graph, Rows, TensorId, Tensors, WORKGROUPS_MAX};
use crate::tuning::{SubgroupMatrix, Traits, Tuning};

/// A buffer, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// A tensor of the graph.
    Tensor(TensorId),
    /// Consecutive elements of a tensor, which may be larger than a binding; see [`Rows::window`].
    Window {
        of: TensorId,
        first: usize,
        count: usize,
    },
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

    /// A binding that holds these rows, and the element of it at which they begin.
    pub(crate) fn window(&self, rows: Rows) -> (Binding, usize) {
        let window = rows.window(self.tensors);
        let begin = rows.first * self.tensors.matrix(rows.of)[1];
        let binding = Binding::Window {
            of: rows.of,
            first: window.start,
            count: window.len(),
        };
        (binding, begin - window.start)
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
    /// Those that dispatches name.
    pub tensors: Tensors,
}

/// A part of a buffer that a dispatch binds, in bytes; up to its end where no size is given.
#[derive(Debug)]
pub(super) struct Bound<'a> {
    pub buffer: &'a Buffer,
    pub offset: u64,
    pub size: Option<u64>,
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
        tensors: graph.tensors().clone(),
    }
}

impl Recording {
    /// What each binding of a dispatch binds. A tensor may have a larger buffer, because it shares it
    /// with others, than a binding may be.
    pub(super) fn bound<'a>(
        &'a self,
        dispatch: &'a Dispatch,
        buffers: &'a [Option<Buffer>],
    ) -> impl Iterator<Item = Bound<'a>> {
        let buffer = |TensorId(i): TensorId| {
            buffers[i]
                .as_ref()
                .expect("the plan places every tensor that an operation names")
        };
        dispatch.bindings.iter().map(move |binding| match *binding {
            Binding::Tensor(id) => Bound {
                buffer: buffer(id),
                offset: 0,
                size: Some(self.tensors.get(id).bytes()),
            },
            Binding::Window { of, first, count } => Bound {
                buffer: buffer(of),
                offset: 4 * first as u64,
                size: Some(4 * count as u64),
            },
            Binding::Constant(i) => Bound {
                buffer: &self.constants[i],
                offset: 0,
                size: None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::Gpu;
    use crate::ir::{DType, Home};

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

    /// A binding of a whole buffer may exceed the device's limit.
    #[test]
    fn a_tensor_in_a_larger_buffer_binds_its_own_bytes() {
        let gpu = pollster::block_on(Gpu::open(|_| Vec::new())).expect("a software driver");
        let mut graph = Graph::<()>::default();
        let tensor = graph.tensor(DType::F32, [40, 100].into(), Home::Planned);
        let rows = Rows {
            first: 3,
            count: 2,
            ..graph.rows(tensor)
        };
        let recorder = Recorder {
            tensors: graph.tensors(),
            traits: gpu.0.traits,
            tuning: Tuning::default(),
            constants: Vec::new(),
        };
        let (window, begin) = recorder.window(rows);
        let recording = Recording {
            dispatches: Vec::new(),
            constants: Vec::new(),
            tensors: graph.tensors().clone(),
        };
        let dispatch = Dispatch {
            kernel: Source::new("none", ""),
            parameters: Vec::new(),
            bindings: vec![Binding::Tensor(tensor), window],
            workgroups: [1; 3],
            flops: 0,
        };
        let buffers = [Some(Buffer::zeros(&gpu, "shared", 9000))];
        let bound = recording.bound(&dispatch, &buffers);
        let bound: Vec<[u64; 2]> = bound
            .map(|bound| [bound.offset, bound.size.expect("a size")])
            .collect();
        // Row 3 begins at byte 1200, after 4 times 256.
        assert_eq!(bound, [[0, 16_000], [1024, 976]]);
        assert_eq!(begin, (1200 - 1024) / 4);
    }
}
