//! The text's side of a picture: of no size and no step, so it outlives both.

use image2_shaders::{Executable, Graph, Resident};

use crate::error::ModelError;
use crate::mmjit::{MmJit, Text, TextEncoder};

/// The prompt and the empty text.
pub(crate) const BRANCHES: usize = 2;

#[derive(Debug)]
pub(crate) struct Prompt {
    encoder: TextEncoder,
    /// What the encoder computes; nothing where its input is its output.
    graph: Option<Graph>,
    /// What the encoder's output is of.
    encoded: Option<Vec<Text>>,
}

impl Prompt {
    pub(crate) fn new(network: &MmJit) -> Self {
        let (encoder, graph) = network.text_graph(BRANCHES);
        Self {
            encoder,
            graph,
            encoded: None,
        }
    }

    /// What the encoder computes, where that is not compiled.
    pub(crate) fn missing(&self) -> Option<&Graph> {
        self.graph.as_ref().filter(|_| self.encoder.pass.is_none())
    }

    /// Gives the encoder its pass, or takes it away; what was encoded stays.
    pub(crate) fn equip(&mut self, pass: Option<Executable>) {
        self.encoder.pass = pass;
    }

    /// Encodes the next text even if it is the last one's.
    #[cfg(test)]
    pub(crate) fn forget(&mut self) {
        self.encoded = None;
    }

    /// Encodes a text, unless it was the last one, too.
    ///
    /// # Errors
    /// [`ModelError::Text`] if the text does not fit the model.
    pub(crate) fn encode(&mut self, network: &MmJit, text: Text) -> Result<(), ModelError> {
        let texts = vec![text, Text::empty()];
        if self.encoded.as_ref() != Some(&texts) {
            self.encoder.run(&network.text_features(&texts)?);
            self.encoded = Some(texts);
        }
        Ok(())
    }

    /// `[BRANCHES × text_length, width]`
    pub(crate) fn output(&self) -> &Resident {
        self.encoder.output()
    }

    pub(crate) fn residents(&self) -> impl Iterator<Item = &Resident> {
        let pass = self.encoder.pass.iter();
        pass.flat_map(Executable::residents).chain([self.output()])
    }
}
