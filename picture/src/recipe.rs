//! What makes a picture again: the one type that goes from the page through the worker and the
//! pipeline into the file. A new setting is a field here; everything between only passes it on.

use serde::{Deserialize, Serialize};

/// Everything that, with one model, decides a picture: the same recipe gives the same picture.
///
/// The model is not part of it: a file names it beside the recipe, by digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The user's words; empty makes a picture of anything.
    pub prompt: String,
    /// Decides the noise.
    pub seed: u64,
    /// Pixels; a multiple of the model's patch.
    pub width: u32,
    /// Pixels; a multiple of the model's patch.
    pub height: u32,
    /// Steps from noise to picture.
    pub steps: u32,
    /// Strength of classifier-free guidance; 1 switches it off and halves the work.
    pub guidance: f32,
    /// The sampler's stable name, as in `euler`. Text, because this room knows no samplers; files
    /// of earlier versions hold it with a capital letter, so names are compared without case.
    pub sampler: String,
    /// Bends the time grid; 1 is even, above 1 more steps go near the noise. Files of earlier
    /// versions leave it out; they could only be read as 1.
    #[serde(default = "even")]
    pub shift: f32,
}

impl Default for Recipe {
    /// The neutral value of every setting, and the smallest size: a base for `..Recipe::default()`,
    /// so that a new setting needs no edit where recipes are built. A model's own recommendation is
    /// the recipe to draw with.
    fn default() -> Self {
        Self {
            prompt: String::new(),
            seed: 0,
            width: 1,
            height: 1,
            steps: 1,
            guidance: 1.0,
            sampler: "euler".into(),
            shift: even(),
        }
    }
}

fn even() -> f32 {
    1.0
}
