//! How a picture was made, in the two forms that travel inside a file.

use serde::{Deserialize, Serialize};

use crate::PictureError;

/// Everything that makes the same picture again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    /// What the user asked for.
    pub prompt: String,
    /// Where the noise came from.
    pub seed: u64,
    /// Steps of the sampler.
    pub steps: u32,
    /// Strength of guidance.
    pub guidance: f32,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The sampler's name.
    pub sampler: String,
    /// The model's name.
    pub model: String,
    /// The model package's digest.
    pub model_digest: String,
    /// This program's version.
    pub program: String,
}

impl Parameters {
    /// The form that this program reads back: exact, and open to new fields.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are always JSON")
    }

    pub(crate) fn from_json(text: &str) -> Result<Self, PictureError> {
        serde_json::from_str(text).map_err(|error| PictureError::Parameters {
            reason: error.to_string(),
        })
    }

    /// The form that other programs and galleries read, as AUTOMATIC1111's web UI began it: the
    /// prompt, then one line of settings. The hash is cut to ten digits, as they expect.
    pub(crate) fn to_line(&self) -> String {
        let Self {
            prompt,
            seed,
            steps,
            guidance,
            width,
            height,
            ..
        } = self;
        let hash: String = self.model_digest.chars().take(10).collect();
        // A comma or a line feed would end a value of the settings.
        let value = |text: &str| text.replace([',', '\n', '\r'], " ");
        let (sampler, model, program) = (
            value(&self.sampler),
            value(&self.model),
            value(&self.program),
        );
        let line = format!(
            "{prompt}\nSteps: {steps}, Sampler: {sampler}, CFG scale: {guidance}, Seed: {seed}, \
             Size: {width}x{height}, Model hash: {hash}, Model: {model}, Version: {program}"
        );
        // PNG forbids the null character in texts; other control characters confuse readers.
        line.replace(|c: char| c.is_control() && c != '\n' && c != '\t', " ")
    }
}
