//! The recipe of the next picture: what the model recommends, what the person chose instead, and
//! what the model can do at all.
//!
//! A setting is a field of [`Recipe`] and has no other list of fields
//! here: choices are kept by field name, so a new setting needs its field and a control. Pure;
//! the host and the screens share it.

pub mod choices;
mod fit;
pub mod limits;
pub mod sizes;

use image2_picture::Recipe;

pub use fit::fit;

use crate::recipe::choices::Choices;
use crate::recipe::limits::Limits;

/// A picture that was asked for: the person's input at that moment, with the seed decided. It
/// waits while the model loads, and is kept when a worker is lost, so that it can be sent again.
/// Settings that were left alone follow the model that is loaded when it is sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    pub prompt: String,
    pub seed: u64,
    pub choices: Choices,
}

impl Wanted {
    /// The recipe for the model with these limits.
    pub fn recipe(&self, limits: &Limits) -> Recipe {
        Recipe {
            prompt: self.prompt.trim().to_owned(),
            seed: self.seed,
            ..fit(self.choices.over(&limits.recommended), limits)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_were_left_alone_follow_the_model() {
        let mut limits = Limits::default();
        let mut choices = Choices::default();
        choices.change(&limits.recommended, |recipe| recipe.width = 2000);
        let wanted = Wanted {
            prompt: "  star ".into(),
            seed: 7,
            choices,
        };
        limits.recommended.guidance = 2.25;
        limits.recommended.steps = 60;
        let recipe = wanted.recipe(&limits);
        assert_eq!((recipe.prompt.as_str(), recipe.seed), ("star", 7));
        assert_eq!((recipe.width, recipe.height), (2048, 1049));
        // A recommendation is passed on as it is, even where no control could set it.
        assert_eq!((recipe.steps, recipe.guidance), (60, 2.25));
    }
}
