//! A recipe in the terms of one model: validated, and with what the package adds to it.

use image2_package::Method;

use crate::canvas::Passes;
use crate::sampler::{Guidance, Stage, stages, time_grid};

/// Everything but the prompt that decides a picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// Height and width in pixels, whole patches.
    pub size: [usize; 2],
    /// Steps from noise to picture.
    pub steps: u32,
    /// Decides the noise; see [`noise`](crate::noise).
    pub seed: u64,
    /// The recipe's scale within the package's interval.
    pub guidance: Guidance,
    /// How the flow is integrated.
    pub method: Method,
    /// Bends the time grid; 1 is even. See [`time_grid`].
    pub shift: f64,
}

impl Plan {
    /// The stages of each step.
    pub(crate) fn stages(&self) -> impl Iterator<Item = Vec<Stage>> {
        let times = time_grid(self.steps, self.shift);
        let pairs: Vec<[f64; 2]> = times.windows(2).map(|pair| [pair[0], pair[1]]).collect();
        pairs.into_iter().map(|pair| stages(pair, self.method))
    }

    /// The guidance's scale at a stage, where it is guided.
    pub(crate) fn scale(&self, stage: &Stage) -> Option<f32> {
        let applies = self.guidance.applies(stage.t);
        applies.then_some(self.guidance.scale)
    }

    /// Which passes its stages need.
    pub(crate) fn passes(&self) -> Passes {
        let mut passes = Passes::default();
        for stage in self.stages().flatten() {
            passes[usize::from(self.scale(&stage).is_some())] = true;
        }
        passes
    }
}
