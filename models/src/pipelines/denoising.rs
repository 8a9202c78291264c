//! The buffers and passes that denoise pictures of one size, for one picture after another.

use image2_picture::HAZE;
use image2_shaders::ops::{Advance, Preview, Previewed};
use image2_shaders::{DType, Executable, Graph, Reading, Resident, Rows};

use super::plan::BRANCHES;
use super::prompt_encoder::PromptEncoder;
use crate::error::ModelError;
use crate::networks::patches::{patchify, unpatchify};
use crate::networks::{Network, Signature};
use crate::samplers::Evaluation;

#[derive(Debug)]
pub(crate) struct Denoising {
    signature: Signature,
    /// Height and width.
    pub(super) size: [usize; 2],
    /// `[patches, channels × patch² (+ condition × patch²)]`: the noisy picture.
    x: Resident,
    /// `[patches, channels × patch²]`: the guided prediction of the last evaluation.
    pub(super) guided: Resident,
    /// `[patches, channels × patch²]`: the point that an evaluation saves for the next one.
    saved: Resident,
    /// `[1, 4]`: the weights of an evaluation.
    weights: Resident,
    /// `[1, Preview::length(size)]`: `guided` as pixels; see [`Preview::decode`].
    preview: Resident,
    /// The pass of one branch and that of both, where they are compiled.
    pub(super) passes: [Option<Executable>; BRANCHES],
}

impl Denoising {
    pub(super) fn new(network: &dyn Network, size: [usize; 2]) -> Self {
        let signature = network.signature();
        let patches = signature.patches(size);
        let values = signature.patch_values();
        let condition = signature.condition * signature.patch * signature.patch;
        let zeros = |shape| Resident::zeros(network.compute(), shape);
        Self {
            signature,
            size,
            x: zeros([patches, values + condition]),
            guided: zeros([patches, values]),
            saved: zeros([patches, values]),
            weights: zeros([1, 4]),
            preview: Resident::zeros_of(network.compute(), DType::U32, [1, Preview::length(size)]),
            passes: [None, None],
        }
    }

    /// Starts a picture from this noise, `[channels, height, width]`.
    pub(super) fn begin(&self, noise: &[f32]) {
        let [patches, stride] = self.x.shape();
        let mut rows = vec![0.0; patches * stride];
        patchify(noise, self.size, self.signature.patch, &mut rows, stride);
        self.x.write(0, &rows);
    }

    /// Submits one evaluation; `scale` is the guidance's, `None` for the text's branch alone.
    ///
    /// # Panics
    /// If that pass is not compiled.
    pub(super) fn advance(&self, evaluation: &Evaluation, scale: Option<f32>) {
        let from_saved = f32::from(u8::from(evaluation.from_saved));
        let weights = [
            scale.unwrap_or(1.0),
            evaluation.weight,
            evaluation.saved_weight,
            from_saved,
        ];
        self.weights.write(0, &weights);
        let pass = &self.passes[usize::from(scale.is_some())];
        pass.as_ref().expect("a plan's passes are compiled").run();
    }

    /// The pass of so many branches: prediction, step, preview.
    pub(super) fn graph(
        &self,
        network: &dyn Network,
        prompt: &PromptEncoder,
        branches: usize,
    ) -> Graph {
        let mut graph = Graph::new(network.compute());
        let [x, txt] = [&self.x, prompt.output()].map(|it| graph.resident(it));
        let txt = Rows {
            count: branches * self.signature.text_length,
            ..graph.rows(txt)
        };
        // The condition's columns, which follow, are still unused.
        let patches = Rows {
            columns: self.signature.patch_values(),
            ..graph.rows(x)
        };
        let clean = network.prediction(&mut graph, branches, self.size);
        network.record(&mut graph, patches, txt, clean, self.size);
        let [guided, saved, weights, preview] =
            [&self.guided, &self.saved, &self.weights, &self.preview].map(|it| graph.resident(it));
        graph.push(Advance {
            x,
            clean,
            guided,
            saved,
            weights,
            channels: self.signature.channels,
        });
        graph.push(Preview {
            values: guided,
            out: preview,
            channels: self.signature.channels,
            size: self.size,
            patch: self.signature.patch,
            haze: HAZE,
        });
        graph
    }

    /// Submits a read of the last evaluation's preview.
    pub(super) fn read_preview(&self) -> Reading {
        self.preview.reading()
    }

    /// Waits for [`Self::read_preview`].
    ///
    /// # Errors
    /// The device's faults.
    pub(super) async fn preview(&self, reading: Reading) -> Result<Previewed, ModelError> {
        Ok(Preview::decode(&reading.bits().await?, self.size))
    }

    /// Submits a read of the picture as it is now.
    pub(super) fn read_picture(&self) -> Reading {
        self.x.reading()
    }

    /// Waits for [`Self::read_picture`]: `[channels, height, width]`.
    ///
    /// # Errors
    /// The device's faults.
    pub(super) async fn planes(&self, reading: Reading) -> Result<Vec<f32>, ModelError> {
        let Signature {
            channels, patch, ..
        } = self.signature;
        let stride = self.x.shape()[1];
        let rows = reading.values().await?;
        Ok(unpatchify(&rows, stride, channels, self.size, patch))
    }

    pub(super) fn residents(&self) -> impl Iterator<Item = &Resident> {
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
