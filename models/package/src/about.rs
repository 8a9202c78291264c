//! The part of a manifest that is written by hand: what the package is, its components, and what
//! the model knows.

use serde::Serialize;

use crate::Component;
use crate::knows::Knows;
use crate::sampler::Sampler;

/// The description of a package.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct About {
    /// A short name for paths and addresses: lowercase ASCII letters, digits and `-._`.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The weights' licence as an SPDX expression.
    pub licence: String,
    /// The file with copyright notices, if one must travel along.
    pub notices: Option<String>,
    /// The parts that the model is made of.
    pub components: Components,
    /// What the model knows, where the package says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knows: Option<Knows>,
}

/// The parts of a model. A program needs only those that it uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Components {
    /// Draws pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denoiser: Option<Denoiser>,
    /// Reads prompts for the denoiser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// Enlarges pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upscaler: Option<Upscaler>,
}

impl Components {
    /// Whether there is such a component.
    pub fn has(&self, component: Component) -> bool {
        match component {
            Component::Denoiser => self.denoiser.is_some(),
            Component::Text => self.text.is_some(),
            Component::Upscaler => self.upscaler.is_some(),
        }
    }

    /// Architecture and configuration of a component's network; `None` where the component is
    /// absent, or has no network.
    pub fn network(&self, component: Component) -> Option<(&str, &serde_json::Value)> {
        match component {
            Component::Denoiser => {
                (self.denoiser.as_ref()).map(|it| (it.architecture.as_str(), &it.config))
            }
            Component::Text => None,
            Component::Upscaler => {
                (self.upscaler.as_ref()).map(|it| (it.architecture.as_str(), &it.config))
            }
        }
    }

    /// The networks of all components that have one: component, architecture, configuration.
    pub fn networks(&self) -> impl Iterator<Item = (Component, &str, &serde_json::Value)> {
        Component::ALL.into_iter().filter_map(|component| {
            let (architecture, config) = self.network(component)?;
            Some((component, architecture, config))
        })
    }
}

/// The network that draws pictures, and how it is used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Denoiser {
    /// The network's family, for example `mm-jit`; the program that runs the model knows them.
    pub architecture: String,
    /// The network's sizes; the architecture defines their meaning.
    pub config: serde_json::Value,
    /// The pictures that the network draws.
    pub picture: Picture,
    /// Standard deviation of the noise that sampling starts from.
    pub noise_scale: f32,
    /// The sizes that the network draws; version 1 leaves them to the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sizes: Option<Sizes>,
    /// The recommended settings.
    pub sampler: Sampler,
}

/// The reader of prompts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Text {
    /// Splits prompts into tokens. The denoiser reads them itself.
    pub tokenizer: Tokenizer,
}

/// The network that enlarges pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Upscaler {
    /// The network's family, for example `srvgg`; the program that runs the model knows them.
    pub architecture: String,
    /// The network's sizes; the architecture defines their meaning.
    pub config: serde_json::Value,
    /// The pictures that the network takes and gives.
    pub picture: Picture,
    /// The factor by which one pass enlarges each side.
    pub scale: u32,
    /// How many passes in a row still give good pictures.
    pub passes: u32,
}

/// The pictures that a network takes or gives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Picture {
    /// Which planes there are.
    pub channels: Channels,
    /// Whether colours are already multiplied by alpha.
    pub premultiplied: bool,
    /// The network's values for black and white.
    pub range: [f32; 2],
}

/// The planes of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha.
    Rgba,
}

impl Channels {
    /// How many planes there are.
    pub const fn count(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// The sizes of pictures that a network draws, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// The height that the network draws best.
    pub height: u32,
    /// The width that the network draws best.
    pub width: u32,
    /// Heights and widths are multiples of this.
    pub multiple: u32,
    /// The smallest height or width.
    pub side_min: u32,
    /// The largest height or width.
    pub side_max: u32,
    /// The largest product of height and width.
    pub area_max: u64,
}

/// The tokenizer of prompts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tokenizer {
    /// The kind, for example `words` or `bpe`; the program that runs the model knows them.
    pub kind: String,
    /// The file with the vocabulary.
    pub file: String,
    /// Tokens that the network takes; longer prompts are cut.
    pub length: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn component_names_match_their_json() {
        for component in Component::ALL {
            let json = serde_json::to_string(&component).expect("a string");
            assert_eq!(json, format!("\"{component}\""));
        }
    }
}
