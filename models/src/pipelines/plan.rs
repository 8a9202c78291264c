//! A recipe in the terms of one model: validated, and completed with the package's settings.

use image2_package::Method;
use image2_package::sampler::Sampler;
use image2_picture::Recipe;

use super::limits::Limits;
use crate::fault::RequestFault;
use crate::samplers::{Evaluation, Guidance, sampler, time_grid};

/// The text's branch and the unconditional one.
pub(crate) const BRANCHES: usize = 2;

/// The passes that a plan needs: that of the text's branch alone, and that of both.
pub(crate) type Passes = [bool; BRANCHES];

/// The size at which a network draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawn {
    /// That of the recipe.
    AsAsked,
    /// This height and width; the drawing is enlarged to the recipe's size.
    Always([usize; 2]),
}

/// Everything but the prompt that decides a picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// Height and width of the drawing in pixels, whole patches.
    pub size: [usize; 2],
    /// Height and width of the finished picture in pixels.
    pub canvas: [u32; 2],
    /// Whether the drawing is enlarged by repeating its pixels.
    pub repeats_pixels: bool,
    /// Steps from noise to picture.
    pub steps: u32,
    /// The times between them.
    pub times: Vec<f64>,
    /// Decides the noise; see [`noise`](crate::noise).
    pub seed: u64,
    /// The recipe's scale within the package's interval.
    pub guidance: Guidance,
    /// Integrates the flow.
    pub method: Method,
}

impl Plan {
    /// Validates a recipe; `sampler` are the package's settings.
    ///
    /// # Errors
    /// The first setting that is out of range or unknown.
    pub(crate) fn new(
        recipe: &Recipe,
        limits: &Limits,
        sampler: &Sampler,
        drawn: Drawn,
    ) -> Result<Self, RequestFault> {
        limits.check(recipe)?;
        let method = recipe.sampler.parse();
        let canvas = [recipe.height, recipe.width];
        Ok(Self {
            size: match drawn {
                Drawn::AsAsked => canvas.map(|side| side as usize),
                Drawn::Always(size) => size,
            },
            canvas,
            repeats_pixels: false,
            steps: recipe.steps,
            times: time_grid(
                recipe.steps,
                sampler.times.as_deref(),
                f64::from(recipe.shift),
            ),
            seed: recipe.seed,
            guidance: Guidance {
                scale: recipe.guidance,
                interval: sampler.guidance_interval,
            },
            method: method.map_err(|_| RequestFault::Sampler {
                sampler: recipe.sampler.clone(),
                known: Method::ALL.map(Method::name).to_vec(),
            })?,
        })
    }

    /// The evaluations of each step.
    pub(crate) fn evaluations(&self) -> impl Iterator<Item = Vec<Evaluation>> {
        let spans = self.times.windows(2).map(|pair| [pair[0], pair[1]]);
        let sampler = sampler(self.method);
        spans.map(|span| sampler.evaluations(span))
    }

    /// The guidance's scale at an evaluation, where it is guided.
    pub(crate) fn scale(&self, evaluation: &Evaluation) -> Option<f32> {
        let applies = self.guidance.applies(evaluation.t);
        applies.then_some(self.guidance.scale)
    }

    /// The passes that its evaluations need.
    pub(crate) fn passes(&self) -> Passes {
        let mut passes = Passes::default();
        for evaluation in self.evaluations().flatten() {
            passes[usize::from(self.scale(&evaluation).is_some())] = true;
        }
        passes
    }
}
