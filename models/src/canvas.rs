//! Everything on the device that one size of picture needs: made once, used for picture after
//! picture.

use std::cell::OnceCell;

use image2_shaders::graph::Advance;
use image2_shaders::{Executable, Graph, Resident, Rows};

use crate::error::ModelError;
use crate::mmjit::patches::{patchify, unpatchify};
use crate::mmjit::{MmJit, Text, TextEncoder};
use crate::sampler::Stage;

/// The prompt and the empty text.
const BRANCHES: usize = 2;

#[derive(Debug)]
pub(crate) struct Canvas {
    /// Height and width.
    size: [usize; 2],
    channels: usize,
    patch: usize,
    encoder: TextEncoder,
    /// What the encoder's output is of.
    encoded: Option<Vec<Text>>,
    /// `[patches, channels × patch² (+ condition × patch²)]`: the picture on its way.
    x: Resident,
    /// `[patches, channels × patch²]`: foreseen by the last stage.
    guided: Resident,
    saved: Resident,
    /// `[1, 4]`
    weights: Resident,
    /// The pass of one branch and of both, each compiled when it is first needed.
    passes: [OnceCell<Executable>; BRANCHES],
}

impl Canvas {
    /// # Errors
    /// The device's faults.
    pub(crate) fn new(network: &MmJit, size: [usize; 2]) -> Result<Self, ModelError> {
        let (config, compute) = (network.config(), network.compute());
        let [rows, columns] = network.grid(size);
        let area = config.patch * config.patch;
        let patches = rows * columns;
        let values = config.channels * area;
        let zeros = |columns: usize| Resident::zeros(compute, [patches, columns]);
        Ok(Self {
            size,
            channels: config.channels,
            patch: config.patch,
            encoder: network.text_encoder(BRANCHES)?,
            encoded: None,
            x: zeros(values + config.condition * area),
            guided: zeros(values),
            saved: zeros(values),
            weights: Resident::zeros(compute, [1, 4]),
            passes: [OnceCell::new(), OnceCell::new()],
        })
    }

    pub(crate) fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Begins a picture: this noise `[channels, height, width]`, this text.
    ///
    /// # Errors
    /// [`ModelError::Text`] if the text does not fit the model.
    pub(crate) fn begin(
        &mut self,
        network: &MmJit,
        text: Text,
        noise: &[f32],
    ) -> Result<(), ModelError> {
        let texts = vec![text, Text::empty()];
        if self.encoded.as_ref() != Some(&texts) {
            self.encoder.run(&network.text_features(&texts)?);
            self.encoded = Some(texts);
        }
        let [patches, stride] = self.x.shape();
        let mut rows = vec![0.0; patches * stride];
        patchify(noise, self.size, self.patch, &mut rows, stride);
        self.x.write(0, &rows);
        Ok(())
    }

    /// Submits one stage of a step; `scale` is the guidance's, `None` for the text's branch alone.
    ///
    /// # Errors
    /// The device's faults.
    pub(crate) fn advance(
        &self,
        network: &MmJit,
        stage: &Stage,
        scale: Option<f32>,
    ) -> Result<(), ModelError> {
        let from_saved = f32::from(u8::from(stage.from_saved));
        let weights = [
            scale.unwrap_or(1.0),
            stage.weight,
            stage.saved_weight,
            from_saved,
        ];
        self.weights.write(0, &weights);
        let branches = 1 + usize::from(scale.is_some());
        let pass = &self.passes[branches - 1];
        if pass.get().is_none() {
            // Nobody else can have set it: the cell is not shared between threads.
            let _ = pass.set(self.compile(network, branches)?);
        }
        if let Some(pass) = pass.get() {
            pass.run();
        }
        Ok(())
    }

    fn compile(&self, network: &MmJit, branches: usize) -> Result<Executable, ModelError> {
        let mut graph = Graph::new(network.compute());
        let [x, txt] = [&self.x, self.encoder.output()].map(|it| graph.resident(it));
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
        let [guided, saved, weights] =
            [&self.guided, &self.saved, &self.weights].map(|it| graph.resident(it));
        graph.push(Advance {
            x,
            clean,
            guided,
            saved,
            weights,
            channels: self.channels,
        });
        Ok(graph.compile()?)
    }

    /// The picture on its way, `[channels, height, width]`.
    ///
    /// # Errors
    /// The device's faults.
    pub(crate) async fn picture(&self) -> Result<Vec<f32>, ModelError> {
        self.read(&self.x).await
    }

    /// The picture that the last stage foresaw, `[channels, height, width]`.
    ///
    /// # Errors
    /// The device's faults.
    pub(crate) async fn foreseen(&self) -> Result<Vec<f32>, ModelError> {
        self.read(&self.guided).await
    }

    async fn read(&self, rows: &Resident) -> Result<Vec<f32>, ModelError> {
        let values = rows.read().await?;
        let stride = rows.shape()[1];
        Ok(unpatchify(
            &values,
            stride,
            self.channels,
            self.size,
            self.patch,
        ))
    }
}
