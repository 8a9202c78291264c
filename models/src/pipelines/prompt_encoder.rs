//! The encoding of the prompt. It depends on neither size nor step, and is kept when they change.

use image2_shaders::{Executable, Graph, Resident};

use super::plan::BRANCHES;
use crate::error::ModelError;
use crate::networks::{Network, Text, TextEncoding};

/// The prompt and the empty text, encoded.
#[derive(Debug)]
pub(crate) struct PromptEncoder {
    encoding: TextEncoding,
    /// The compiled graph of the encoding.
    pass: Option<Executable>,
    /// The texts whose encoding is in the output.
    encoded: Option<Vec<Text>>,
}

impl PromptEncoder {
    pub(crate) fn new(network: &dyn Network) -> Self {
        Self {
            encoding: network.text_encoding(BRANCHES),
            pass: None,
            encoded: None,
        }
    }

    /// The graph, where it is not compiled.
    pub(crate) fn missing(&self) -> Option<&Graph> {
        let graph = self.encoding.graph.as_ref();
        graph.filter(|_| self.pass.is_none())
    }

    /// Sets or drops the compiled graph; the encoded texts stay.
    pub(crate) fn set_pass(&mut self, pass: Option<Executable>) {
        self.pass = pass;
    }

    /// Makes the next call of [`Self::encode`] encode in any case.
    #[cfg(test)]
    pub(crate) fn forget(&mut self) {
        self.encoded = None;
    }

    /// Encodes a text, unless it is already encoded.
    ///
    /// # Errors
    /// [`ModelError::Text`] if the text does not fit the network.
    pub(crate) fn encode(&mut self, network: &dyn Network, text: Text) -> Result<(), ModelError> {
        let texts = vec![text, Text::empty()];
        if self.encoded.as_ref() != Some(&texts) {
            let features = network.text_features(&texts)?;
            self.encoding.input.write(0, &features);
            if let Some(pass) = &self.pass {
                pass.run();
            }
            self.encoded = Some(texts);
        }
        Ok(())
    }

    /// `[BRANCHES × text_length, text_width]`
    pub(crate) fn output(&self) -> &Resident {
        &self.encoding.output
    }

    pub(crate) fn residents(&self) -> impl Iterator<Item = &Resident> {
        let pass = self.pass.iter();
        pass.flat_map(Executable::residents).chain([self.output()])
    }
}
