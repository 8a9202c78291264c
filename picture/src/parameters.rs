//! The parameters of a picture, in the two forms that a file holds.

use serde::{Deserialize, Serialize};

use crate::{PictureError, Recipe};

/// How a picture was made: its recipe, and the model and program that ran it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    /// Reproduces the picture with the same model.
    #[serde(flatten)]
    pub recipe: Recipe,
    /// The model's name.
    pub model: String,
    /// Digest of the model package, in hexadecimal.
    pub model_digest: String,
    /// Name and version of the program.
    pub program: String,
}

impl Parameters {
    /// The JSON that [`crate::read_parameters`] reads back: exact, and extensible by new fields.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are always JSON")
    }

    pub(crate) fn from_json(text: &str) -> Result<Self, PictureError> {
        serde_json::from_str(text).map_err(|error| PictureError::Parameters {
            reason: error.to_string(),
        })
    }

    /// The form that other programs read, introduced by AUTOMATIC1111's web UI: the prompt, then
    /// one line of settings. The hash has ten digits, as they expect.
    pub(crate) fn to_line(&self) -> String {
        let Recipe {
            prompt,
            seed,
            width,
            height,
            steps,
            guidance,
            sampler,
            shift,
            ground,
        } = &self.recipe;
        let hash: String = self.model_digest.chars().take(10).collect();
        // Commas and line ends separate settings.
        let value = |text: &str| text.replace([',', '\n', '\r'], " ");
        let (model, program) = (value(&self.model), value(&self.program));
        let sampler = value(&capitalized(sampler));
        // Other programs know the key but expect it only where the grid is not even.
        let shift = if (shift - 1.0).abs() > f32::EPSILON {
            format!("Shift: {shift}, ")
        } else {
            String::new()
        };
        let ground = ground.map_or_else(String::new, |colour| format!("Ground: {colour}, "));
        let line = format!(
            "{prompt}\nSteps: {steps}, Sampler: {sampler}, CFG scale: {guidance}, Seed: {seed}, \
             Size: {width}x{height}, {shift}{ground}Model hash: {hash}, Model: {model}, Version: {program}"
        );
        // PNG text excludes NUL, and other control characters confuse readers.
        line.replace(|c: char| c.is_control() && c != '\n' && c != '\t', " ")
    }
}

/// Other programs capitalize the names of samplers.
fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}
