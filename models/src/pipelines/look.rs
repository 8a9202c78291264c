//! The look that a prompt asks for, as far as export depends on it. This is the only place with
//! such rules.

use image2_package::Knows;

/// Looks whose drawings are flat areas of colour: shapes that an SVG can hold.
const FLAT: [&str; 6] = ["flat", "bold", "outlined", "line", "hand-drawn", "pixel"];
/// The look whose pixels are meant to be seen: enlarged by repetition, not by a network.
const PIXEL: &str = "pixel";

/// A look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look(String);

impl Look {
    /// The first look that the prompt names of those that the model knows, else the model's
    /// default. `None` for a model that does not distinguish looks.
    #[must_use]
    pub fn of(prompt: &str, knows: Option<&Knows>) -> Option<Self> {
        let looks = &knows?.looks;
        let prompt = words(prompt);
        let place = |look: &String| {
            let look = words(look);
            let mut places = prompt.windows(look.len().max(1));
            places.position(|words| words == look)
        };
        let named = looks.iter().filter_map(|look| Some((place(look)?, look)));
        let named = named.min_by_key(|(place, _)| *place).map(|(_, look)| look);
        named.or(looks.first()).cloned().map(Self)
    }

    /// The word that asks for it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether its pixels are meant to be seen.
    #[must_use]
    pub fn is_pixels(&self) -> bool {
        self.0 == PIXEL
    }

    /// Whether its drawings are flat areas of colour.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        FLAT.contains(&self.0.as_str())
    }
}

/// Lowercase words; a hyphen parts them, so that *hand drawn* is *hand-drawn*.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    parts
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(prompt: &str) -> Option<String> {
        let knows = Knows {
            looks: ["3d", "flat", "hand-drawn", "pixel"]
                .map(str::to_owned)
                .to_vec(),
            ..Knows::default()
        };
        Look::of(prompt, Some(&knows)).map(|look| look.0)
    }

    #[test]
    fn the_first_named_look_counts_and_without_one_the_default() {
        assert_eq!(look("a Pixel-art cat").as_deref(), Some("pixel"));
        assert_eq!(
            look("a hand drawn, flat cat").as_deref(),
            Some("hand-drawn")
        );
        assert_eq!(look("a flat hand-drawn cat").as_deref(), Some("flat"));
        assert_eq!(look("a cat, 3D").as_deref(), Some("3d"));
        assert_eq!(look("a pixelated hand").as_deref(), Some("3d"));
        assert_eq!(look("").as_deref(), Some("3d"));
        assert_eq!(Look::of("a pixel cat", None), None);
        assert_eq!(Look::of("a pixel cat", Some(&Knows::default())), None);
    }

    #[test]
    fn export_depends_on_the_look() {
        let of = |name: &str| Look(name.to_owned());
        assert!(of("pixel").is_pixels() && !of("flat").is_pixels());
        assert!(of("flat").is_flat() && !of("3d").is_flat() && !of("cartoon").is_flat());
    }
}
