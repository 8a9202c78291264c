//! Moving a recipe into the limits of a model.

use image2_picture::Recipe;

use crate::recipe::limits::{self, Limits};
use crate::recipe::sizes;

/// The nearest recipe within the limits. A recommended guidance is kept, even where no control
/// could set it.
pub fn fit(mut recipe: Recipe, limits: &Limits) -> Recipe {
    recipe.width = sizes::snap(recipe.width, limits);
    let height = sizes::snap(recipe.height, limits);
    recipe.height = sizes::beside(recipe.width, height, limits);
    recipe.steps = limits.steps(recipe.steps);
    if recipe.guidance != limits.recommended.guidance {
        recipe.guidance = limits::guidance(recipe.guidance);
    }
    recipe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_is_moved_into_the_limits() {
        let limits = Limits::default();
        let far_outside = Recipe {
            width: 300,
            height: 9_999,
            steps: 0,
            guidance: 99.0,
            ..Recipe::default()
        };
        let recipe = fit(far_outside, &limits);
        assert_eq!((recipe.width, recipe.height), (304, 208));
        assert_eq!((recipe.steps, recipe.guidance), (1, 10.0));
    }

    #[test]
    fn a_recommendation_stays_as_it_is() {
        let mut limits = Limits::default();
        limits.recommended.guidance = 2.25;
        limits.recommended.steps = 60;
        let recommended = limits.recommended.clone();
        assert_eq!(fit(recommended.clone(), &limits), recommended);
    }
}
