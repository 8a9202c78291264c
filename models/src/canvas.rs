//! Everything on the device that one size of picture needs: made once, used for picture after
//! picture.

use std::cmp::Reverse;

use image2_picture::HAZE;
use image2_shaders::ops::{Advance, Preview, Previewed};
use image2_shaders::{DType, Executable, Graph, Prepared, Reading, Resident, Rows, Workspace};

use crate::error::ModelError;
use crate::mmjit::MmJit;
use crate::mmjit::patches::{patchify, unpatchify};
use crate::prompt::{BRANCHES, Prompt};
use crate::sampler::Stage;

#[cfg(test)]
mod tests;

/// Which passes a job needs: that of the text's branch alone, and that of both.
pub(crate) type Passes = [bool; BRANCHES];

#[derive(Debug)]
pub(crate) struct Canvas {
    /// Height and width.
    size: [usize; 2],
    channels: usize,
    patch: usize,
    /// `[patches, channels × patch² (+ condition × patch²)]`: the picture on its way.
    x: Resident,
    /// `[patches, channels × patch²]`: foreseen by the last stage.
    guided: Resident,
    saved: Resident,
    /// `[1, 4]`
    weights: Resident,
    /// `guided` for the eye; see [`Preview::decode`].
    preview: Resident,
    /// The pass of one branch and of both, each compiled when it is first asked for.
    passes: [Option<Executable>; BRANCHES],
}

/// What a pipeline keeps from picture to picture: the next one mostly has the size or the prompt of
/// the one before.
#[derive(Debug)]
pub(crate) struct Easel {
    pub(crate) prompt: Prompt,
    pub(crate) canvas: Canvas,
    /// Of all passes, the text's too.
    workspace: Workspace,
}

/// Whose pass a graph becomes.
#[derive(Clone, Copy)]
enum Place {
    Prompt,
    /// By its number of branches.
    Canvas(usize),
}

impl Easel {
    fn empty(network: &MmJit, size: [usize; 2]) -> Self {
        Self {
            prompt: Prompt::new(network),
            canvas: Canvas::new(network, size),
            workspace: Workspace::default(),
        }
    }

    /// For pictures of this size, with everything compiled that `passes` need; takes over what
    /// `before` has of it. `hear` is told of the kernels; see [`Prepared::compile`].
    ///
    /// # Errors
    /// The device's faults.
    pub(crate) async fn new(
        network: &MmJit,
        before: Option<Self>,
        size: [usize; 2],
        passes: Passes,
        hear: impl AsyncFnMut(usize, usize),
    ) -> Result<Self, ModelError> {
        let mut easel = match before {
            Some(easel) if easel.canvas.size == size => easel,
            Some(Self { prompt, canvas, .. }) => {
                // Its memory goes back before the new one takes any.
                drop(canvas);
                let mut easel = Self {
                    prompt,
                    canvas: Canvas::new(network, size),
                    workspace: Workspace::default(),
                };
                easel.clear();
                easel
            }
            None => Self::empty(network, size),
        };
        let [one, both] = easel.canvas.passes.each_ref().map(Option::is_some);
        if passes[1] && one && !both {
            // Places of one branch are too small for both, and would only lie beside theirs.
            easel.clear();
        }
        let graphs = easel.missing(network, passes);
        let drafts: Vec<Prepared> = graphs
            .iter()
            .map(|(_, graph)| graph.prepare(&mut easel.workspace))
            .collect();
        Prepared::compile(&drafts, hear).await?;
        for ((place, _), draft) in graphs.into_iter().zip(drafts) {
            let pass = Some(draft.finish()?);
            match place {
                Place::Prompt => easel.prompt.equip(pass),
                Place::Canvas(branches) => easel.canvas.passes[branches - 1] = pass,
            }
        }
        Ok(easel)
    }

    /// Forgets all passes and their memory. What was encoded stays.
    fn clear(&mut self) {
        self.prompt.equip(None);
        self.canvas.passes = [None, None];
        self.workspace = Workspace::default();
    }

    /// What is not compiled yet, the largest first: the others find room in what that takes.
    fn missing(&self, network: &MmJit, passes: Passes) -> Vec<(Place, Graph)> {
        let prompt = self.prompt.missing();
        let mut graphs: Vec<(Place, Graph)> = prompt
            .map(|graph| (Place::Prompt, graph.clone()))
            .into_iter()
            .collect();
        for (i, wanted) in passes.into_iter().enumerate() {
            if wanted && self.canvas.passes[i].is_none() {
                let graph = self.canvas.graph(network, &self.prompt, i + 1);
                graphs.push((Place::Canvas(i + 1), graph));
            }
        }
        graphs.sort_by_key(|(_, graph)| Reverse(graph.planned_bytes()));
        graphs
    }

    /// Memory of the matrices that exist within a run, and of those that outlive it.
    pub(crate) fn bytes(&self) -> [u64; 2] {
        let mut residents: Vec<&Resident> = Vec::new();
        for resident in self.prompt.residents().chain(self.canvas.residents()) {
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

impl Canvas {
    fn new(network: &MmJit, size: [usize; 2]) -> Self {
        let (config, compute) = (network.config(), network.compute());
        let [rows, columns] = network.grid(size);
        let area = config.patch * config.patch;
        let patches = rows * columns;
        let values = config.channels * area;
        let zeros = |columns: usize| Resident::zeros(compute, [patches, columns]);
        Self {
            size,
            channels: config.channels,
            patch: config.patch,
            x: zeros(values + config.condition * area),
            guided: zeros(values),
            saved: zeros(values),
            weights: Resident::zeros(compute, [1, 4]),
            preview: Resident::zeros_of(compute, DType::U32, [1, Preview::length(size)]),
            passes: [None, None],
        }
    }

    /// Begins a picture with this noise, `[channels, height, width]`.
    pub(crate) fn begin(&self, noise: &[f32]) {
        let [patches, stride] = self.x.shape();
        let mut rows = vec![0.0; patches * stride];
        patchify(noise, self.size, self.patch, &mut rows, stride);
        self.x.write(0, &rows);
    }

    /// Submits one stage of a step; `scale` is the guidance's, `None` for the text's branch alone.
    ///
    /// # Panics
    /// If that pass was not asked for when the easel was made.
    pub(crate) fn advance(&self, stage: &Stage, scale: Option<f32>) {
        let from_saved = f32::from(u8::from(stage.from_saved));
        let weights = [
            scale.unwrap_or(1.0),
            stage.weight,
            stage.saved_weight,
            from_saved,
        ];
        self.weights.write(0, &weights);
        let pass = &self.passes[usize::from(scale.is_some())];
        pass.as_ref().expect("a job's passes are compiled").run();
    }

    fn graph(&self, network: &MmJit, prompt: &Prompt, branches: usize) -> Graph {
        let mut graph = Graph::new(network.compute());
        let [x, txt] = [&self.x, prompt.output()].map(|it| graph.resident(it));
        let values = self.guided.shape()[1];
        let txt = Rows {
            count: branches * network.config().text_length,
            ..graph.rows(txt)
        };
        // Of the condition's columns, which follow, nothing is given yet.
        let patches = Rows {
            columns: values,
            ..graph.rows(x)
        };
        let clean = network.room(&mut graph, branches, self.size);
        network.record(&mut graph, patches, txt, clean, self.size);
        let [guided, saved, weights, preview] =
            [&self.guided, &self.saved, &self.weights, &self.preview].map(|it| graph.resident(it));
        graph.push(Advance {
            x,
            clean,
            guided,
            saved,
            weights,
            channels: self.channels,
        });
        graph.push(Preview {
            values: guided,
            out: preview,
            channels: self.channels,
            size: self.size,
            patch: self.patch,
            haze: HAZE,
        });
        graph
    }

    /// Asks for the picture that the last stage foresaw.
    pub(crate) fn foreseen(&self) -> Reading {
        self.preview.reading()
    }

    /// Waits for what [`Self::foreseen`] asked for.
    ///
    /// # Errors
    /// The device's faults.
    pub(crate) async fn previewed(&self, reading: Reading) -> Result<Previewed, ModelError> {
        Ok(Preview::decode(&reading.bits().await?, self.size))
    }

    /// Asks for the picture on its way.
    pub(crate) fn picture(&self) -> Reading {
        self.x.reading()
    }

    /// Waits for what [`Self::picture`] asked for: `[channels, height, width]`.
    ///
    /// # Errors
    /// The device's faults.
    pub(crate) async fn planes(&self, reading: Reading) -> Result<Vec<f32>, ModelError> {
        let stride = self.x.shape()[1];
        let rows = reading.values().await?;
        Ok(unpatchify(
            &rows,
            stride,
            self.channels,
            self.size,
            self.patch,
        ))
    }

    fn residents(&self) -> impl Iterator<Item = &Resident> {
        let own = [
            &self.x,
            &self.guided,
            &self.saved,
            &self.weights,
            &self.preview,
        ];
        let passes = self.passes.iter().flatten();
        passes.flat_map(Executable::residents).chain(own)
    }
}
