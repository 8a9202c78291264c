//! The names of the components that a package can have.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a component. Tensors are named within theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Component {
    /// Draws.
    Denoiser,
    /// Reads prompts.
    Text,
    /// Enlarges pictures.
    Upscaler,
}

impl Component {
    /// Every component.
    pub const ALL: [Self; 3] = [Self::Denoiser, Self::Text, Self::Upscaler];

    /// The name in the manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Denoiser => "denoiser",
            Self::Text => "text",
            Self::Upscaler => "upscaler",
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
