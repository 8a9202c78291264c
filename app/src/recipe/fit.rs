//! Moving a recipe into the limits of a model.

use image2_picture::Recipe;

use crate::recipe::limits::{self, Limits};
use crate::recipe::sizes;

/// The nearest recipe within the limits. A recommended guidance is kept, even where no control
/// could set it.
pub fn fit(mut recipe: Recipe, limits: &Limits) -> Recipe {
    if limits.enlarges {
        let size = (recipe.width, recipe.height);
        (recipe.width, recipe.height) = sizes::offered(size, limits);
    } else {
        recipe.width = sizes::snap(recipe.width, limits);
        let height = sizes::snap(recipe.height, limits);
        recipe.height = sizes::beside(recipe.width, height, limits);
    }
    if !limits.alpha {
        recipe.ground = None;
    }
    recipe.steps = limits.steps(recipe.steps);
    if recipe.guidance != limits.recommended.guidance {
        recipe.guidance = limits::guidance(recipe.guidance);
    }
    recipe
}

#[cfg(test)]
mod tests {
    use image2_picture::Colour;

    use super::*;

    /// Of a model that draws at the size itself.
    fn drawing() -> Limits {
        Limits {
            patch: 16,
            side_min: 16,
            side_max: 512,
            area_max: 65_536,
            enlarges: false,
            ..Limits::default()
        }
    }

    #[test]
    fn a_recipe_is_moved_into_the_limits() {
        let far_outside = Recipe {
            width: 300,
            height: 9_999,
            steps: 0,
            guidance: 99.0,
            ..Recipe::default()
        };
        let recipe = fit(far_outside.clone(), &drawing());
        assert_eq!((recipe.width, recipe.height), (304, 208));
        assert_eq!((recipe.steps, recipe.guidance), (1, 10.0));
        let recipe = fit(far_outside, &Limits::default());
        assert_eq!((recipe.width, recipe.height), (123, 4096));
    }

    #[test]
    fn a_ground_needs_transparent_parts() {
        let ground = Some(Colour([255, 204, 0]));
        for alpha in [true, false] {
            let limits = Limits {
                alpha,
                ..Limits::default()
            };
            let recipe = Recipe {
                ground,
                ..Recipe::default()
            };
            assert_eq!(fit(recipe, &limits).ground, ground.filter(|_| alpha));
        }
    }

    #[test]
    fn a_recommendation_stays_as_it_is() {
        for mut limits in [drawing(), Limits::default()] {
            limits.recommended.guidance = 2.25;
            limits.recommended.steps = 60;
            limits.recommended.width = 320;
            limits.recommended.height = 192;
            let recommended = limits.recommended.clone();
            assert_eq!(fit(recommended.clone(), &limits), recommended);
        }
    }
}
