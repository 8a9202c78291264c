//! Everything on the device that a pipeline keeps from picture to picture: most pictures have the
//! size or the prompt of the one before.

use std::cmp::Reverse;

use image2_shaders::{Graph, Prepared, Resident, Workspace};

use super::denoising::Denoising;
use super::plan::Passes;
use super::prompt_encoder::PromptEncoder;
use crate::error::ModelError;
use crate::networks::Network;

#[derive(Debug)]
pub(crate) struct DeviceState {
    pub(super) prompt: PromptEncoder,
    pub(super) denoising: Denoising,
    /// The memory that all passes share, that of the text included.
    workspace: Workspace,
}

/// The owner of a pass.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    Prompt,
    /// With the number of branches.
    Denoising(usize),
}

impl DeviceState {
    /// Ready for pictures of this size, with every pass compiled that `passes` needs. Reuses the
    /// parts of `kept` that fit. `report` receives the kernels' progress; see [`Prepared::compile`].
    ///
    /// # Errors
    /// The device's faults.
    pub(crate) async fn new(
        network: &dyn Network,
        kept: Option<Self>,
        size: [usize; 2],
        passes: Passes,
        report: impl AsyncFnMut(usize, usize),
    ) -> Result<Self, ModelError> {
        let mut state = match kept {
            Some(state) if state.denoising.size == size => state,
            kept => Self::resized(network, kept, size),
        };
        let [one, both] = state.denoising.passes.each_ref().map(Option::is_some);
        if passes[1] && one && !both {
            // The places of one branch are too small for both, and would be wasted beside theirs.
            state.clear();
        }
        let graphs = state.missing(network, passes);
        let prepared: Vec<Prepared> = graphs
            .iter()
            .map(|(_, graph)| graph.prepare(&mut state.workspace))
            .collect();
        Prepared::compile(&prepared, report).await?;
        for ((owner, _), prepared) in graphs.into_iter().zip(prepared) {
            let pass = Some(prepared.finish()?);
            match owner {
                Owner::Prompt => state.prompt.set_pass(pass),
                Owner::Denoising(branches) => state.denoising.passes[branches - 1] = pass,
            }
        }
        Ok(state)
    }

    /// For another size; the encoded prompt is kept.
    fn resized(network: &dyn Network, kept: Option<Self>, size: [usize; 2]) -> Self {
        let prompt = kept.map(
            |Self {
                 prompt, denoising, ..
             }| {
                // Its memory is freed before the new one is allocated.
                drop(denoising);
                prompt
            },
        );
        let mut state = Self {
            prompt: prompt.unwrap_or_else(|| PromptEncoder::new(network)),
            denoising: Denoising::new(network, size),
            workspace: Workspace::default(),
        };
        state.clear();
        state
    }

    /// Drops all passes and their memory. The encoded prompt stays.
    pub(super) fn clear(&mut self) {
        self.prompt.set_pass(None);
        self.denoising.passes = [None, None];
        self.workspace = Workspace::default();
    }

    /// The graphs that are not compiled yet, the largest first: the others fit into its places.
    pub(super) fn missing(&self, network: &dyn Network, passes: Passes) -> Vec<(Owner, Graph)> {
        let prompt = self.prompt.missing();
        let mut graphs: Vec<(Owner, Graph)> = prompt
            .map(|graph| (Owner::Prompt, graph.clone()))
            .into_iter()
            .collect();
        for (i, wanted) in passes.into_iter().enumerate() {
            if wanted && self.denoising.passes[i].is_none() {
                let graph = self.denoising.graph(network, &self.prompt, i + 1);
                graphs.push((Owner::Denoising(i + 1), graph));
            }
        }
        graphs.sort_by_key(|(_, graph)| Reverse(graph.planned_bytes()));
        graphs
    }

    /// Bytes of the tensors that exist within a run, and of those that outlive it.
    pub(super) fn bytes(&self) -> [u64; 2] {
        let mut residents: Vec<&Resident> = Vec::new();
        for resident in self.prompt.residents().chain(self.denoising.residents()) {
            if !residents.iter().any(|known| known.is(resident)) {
                residents.push(resident);
            }
        }
        [
            self.workspace.bytes(),
            residents.into_iter().map(Resident::bytes).sum(),
        ]
    }
}
