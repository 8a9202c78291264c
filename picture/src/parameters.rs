//! How a picture was made, in the two forms that travel inside a file.

use serde::{Deserialize, Serialize};

use crate::{PictureError, Recipe};

/// What a file says of how it was made: the recipe, and the model and program that followed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    /// What makes the picture again, with the same model.
    #[serde(flatten)]
    pub recipe: Recipe,
    /// The model's name.
    pub model: String,
    /// The model package's digest.
    pub model_digest: String,
    /// This program's name and version.
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
        let Recipe {
            prompt,
            seed,
            width,
            height,
            steps,
            guidance,
            sampler,
            shift,
        } = &self.recipe;
        let hash: String = self.model_digest.chars().take(10).collect();
        // A comma or a line feed would end a value of the settings.
        let value = |text: &str| text.replace([',', '\n', '\r'], " ");
        let (model, program) = (value(&self.model), value(&self.program));
        let sampler = value(&capitalized(sampler));
        // Only where it is not even: other programs know the key, but few files have it.
        let shift = if (shift - 1.0).abs() > f32::EPSILON {
            format!("Shift: {shift}, ")
        } else {
            String::new()
        };
        let line = format!(
            "{prompt}\nSteps: {steps}, Sampler: {sampler}, CFG scale: {guidance}, Seed: {seed}, \
             Size: {width}x{height}, {shift}Model hash: {hash}, Model: {model}, Version: {program}"
        );
        // PNG forbids the null character in texts; other control characters confuse readers.
        line.replace(|c: char| c.is_control() && c != '\n' && c != '\t', " ")
    }
}

/// Other programs write samplers with a capital letter.
fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}
