//! Pipelines: from a prompt to a picture, with any network and any sampler.
//!
//! [`open`] makes a [`Pipeline`] of a package. A recipe passes `limits` (the model's), `plan` (the
//! validated recipe) and `fit` (the device's limits) before it is run: `draw` makes the steps, with
//! a model that has an upscaler at the size that it draws best, and [`enlarge`] makes the picture
//! of the size asked for; `generate` is both. `device_state` holds everything on the device that is
//! kept from picture to picture.

mod denoising;
mod device_state;
mod draw;
pub mod enlarge;
mod estimate;
mod fit;
mod generate;
mod limits;
mod look;
mod memory;
mod observer;
pub mod open;
mod plan;
mod previews;
mod prompt_encoder;
#[cfg(test)]
mod tests;
mod warm_up;

use std::cell::{Cell, RefCell};

use image2_package::Manifest;
use image2_package::about::Denoiser;
use image2_picture::Recipe;
use image2_shaders::Compute;

pub use estimate::Estimate;
pub use limits::Limits;
pub use look::Look;
pub use memory::Memory;
pub use observer::{Observer, Step, Tiles, Unobserved};

use crate::error::ModelError;
use crate::fault::RequestFault;
use crate::networks::Network;
use crate::tokenizer::{Tokenizer, Tokens};
use device_state::DeviceState;
use enlarge::Enlarger;
use plan::{Drawn, Plan};

/// A model that is ready to make pictures.
#[derive(Debug)]
pub struct Pipeline {
    compute: Compute,
    manifest: Manifest,
    /// The manifest's description of the network.
    denoiser: Denoiser,
    network: Box<dyn Network>,
    enlarger: Option<Enlarger>,
    tokenizer: Tokenizer,
    weight_bytes: u64,
    /// Measured so far, for estimates.
    seconds_per_evaluation: Cell<Option<f64>>,
    /// For the last size. Taken during a run.
    state: RefCell<Option<DeviceState>>,
}

impl Pipeline {
    /// The package's manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The device.
    #[must_use]
    pub fn compute(&self) -> &Compute {
        &self.compute
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &dyn Network {
        &*self.network
    }

    /// The upscaler, where the package has one.
    #[must_use]
    pub fn enlarger(&self) -> Option<&Enlarger> {
        self.enlarger.as_ref()
    }

    /// The look that a prompt asks for, of those that the model distinguishes.
    #[must_use]
    pub fn look(&self, prompt: &str) -> Option<Look> {
        Look::of(prompt, self.manifest.about.knows.as_ref())
    }

    /// A prompt as the network reads it, with the words that it does not know or not read.
    #[must_use]
    pub fn tokens(&self, prompt: &str) -> Tokens {
        self.tokenizer.encode(prompt)
    }

    /// A recipe with the package's recommended settings. A model with an upscaler is recommended at
    /// a size that takes seconds on its kind of device.
    #[must_use]
    pub fn recipe(&self, prompt: &str, seed: u64) -> Recipe {
        let sampler = &self.denoiser.sampler;
        let [height, width] = match self.enlarger {
            Some(_) => self
                .limits()
                .recommended(self.drawn(), self.compute.is_cpu()),
            None => self.drawn(),
        };
        Recipe {
            prompt: prompt.to_owned(),
            seed,
            width,
            height,
            steps: sampler.steps,
            guidance: sampler.guidance,
            sampler: sampler.method.name().to_owned(),
            ..Recipe::default()
        }
    }

    /// The recipes that this model accepts. A device may have narrower limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let limits = Limits::of(&self.network.signature(), self.denoiser.sizes.as_ref());
        match &self.manifest.about.components.upscaler {
            Some(upscaler) if self.enlarger.is_some() => {
                limits.enlarged(self.drawn(), upscaler.scale, upscaler.passes)
            }
            _ => limits,
        }
    }

    /// Height and width that the network draws best.
    fn drawn(&self) -> [u32; 2] {
        match &self.denoiser.sizes {
            Some(sizes) => [sizes.height, sizes.width],
            None => self.network.signature().size.map(|side| side as u32),
        }
    }

    /// Validates a recipe without drawing it.
    ///
    /// # Errors
    /// If the recipe exceeds the limits of this model or its device.
    pub fn validate(&self, recipe: &Recipe) -> Result<(), RequestFault> {
        self.plan(recipe).map(|_| ())
    }

    /// The validated form of a recipe.
    fn plan(&self, recipe: &Recipe) -> Result<Plan, RequestFault> {
        let look = self.look(&recipe.prompt);
        let drawn = match self.enlarger {
            Some(_) => Drawn::Always(self.drawn().map(|side| side as usize)),
            None => Drawn::AsAsked,
        };
        let plan = Plan {
            repeats_pixels: look.is_some_and(|look| look.is_pixels()),
            ..Plan::new(recipe, &self.limits(), &self.denoiser.sampler, drawn)?
        };
        fit::check_fit(&*self.network, &self.compute, plan.size)?;
        if let Some(enlarger) = &self.enlarger {
            enlarger.check_fit(plan.canvas)?;
        }
        Ok(plan)
    }

    /// Takes the kept state and extends it to the needs of a plan. A run that starts while another
    /// one has the state makes its own.
    async fn take_state(
        &self,
        plan: &Plan,
        report: impl AsyncFnMut(usize, usize),
    ) -> Result<DeviceState, ModelError> {
        let kept = self.state.take();
        DeviceState::new(&*self.network, kept, plan.size, plan.passes(), report).await
    }
}
