//! The recipe of a picture: the one type that the page, the worker, the pipeline and the file
//! share. A new setting is a new field here; the code in between passes the recipe on unchanged.

use serde::{Deserialize, Serialize};

use crate::Colour;

/// Everything besides the model that determines a picture: on one device, the same recipe and
/// model give the same picture. [`crate::Parameters`] adds the model's digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The prompt; may be empty.
    pub prompt: String,
    /// Seed of the noise.
    pub seed: u64,
    /// Width of the finished picture in pixels. A model without an upscaler draws at this size, in
    /// multiples of its patch.
    pub width: u32,
    /// Height of the finished picture in pixels, likewise.
    pub height: u32,
    /// Number of sampling steps.
    pub steps: u32,
    /// Scale of classifier-free guidance; 1 disables it and halves the work.
    pub guidance: f32,
    /// The sampler's stable name, for example `euler`. It is text because this crate does not know
    /// the samplers. Files of version 0.1 capitalize it, so readers ignore case.
    pub sampler: String,
    /// Shift of the time grid; 1 is even, and larger values place more steps near the noise. Files
    /// of version 0.1 lack it and are read as 1.
    #[serde(default = "even")]
    pub shift: f32,
    /// The colour of a layer below the drawing; `None` leaves the picture transparent. It is composed
    /// when a picture is shown or exported ([`crate::Picture::over`]), so that another colour needs no
    /// drawing. Files of version 0.1 lack it.
    #[serde(default)]
    pub ground: Option<Colour>,
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
            ground: None,
        }
    }
}

fn even() -> f32 {
    1.0
}
