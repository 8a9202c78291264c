//! Pipelines: from a prompt to a picture, with any network and any sampler.
//!
//! [`open`] makes a [`Pipeline`] of a package. A recipe passes `limits` (the model's), `plan` (the
//! validated recipe) and `fit` (the device's limits) before `generate` runs it; `device_state`
//! holds everything on the device that is kept from picture to picture.

mod denoising;
mod device_state;
mod fit;
mod generate;
mod limits;
mod memory;
mod observer;
pub mod open;
mod plan;
mod prompt_encoder;
#[cfg(test)]
mod tests;
mod warm_up;

use std::cell::RefCell;

use image2_package::Manifest;
use image2_package::about::Denoiser;
use image2_picture::Recipe;
use image2_shaders::Compute;

pub use limits::Limits;
pub use memory::Memory;
pub use observer::{Observer, Step, Unobserved};

use crate::error::ModelError;
use crate::fault::RequestFault;
use crate::networks::{Network, Upscaler};
use crate::tokenizer::{Tokenizer, Tokens};
use device_state::DeviceState;
use plan::Plan;

/// A model that is ready to make pictures.
#[derive(Debug)]
pub struct Pipeline {
    compute: Compute,
    manifest: Manifest,
    /// The manifest's description of the network.
    denoiser: Denoiser,
    network: Box<dyn Network>,
    upscaler: Option<Box<dyn Upscaler>>,
    tokenizer: Tokenizer,
    weight_bytes: u64,
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
    pub fn upscaler(&self) -> Option<&dyn Upscaler> {
        self.upscaler.as_deref()
    }

    /// A prompt as the network reads it, with the words that it does not know or not read.
    #[must_use]
    pub fn tokens(&self, prompt: &str) -> Tokens {
        self.tokenizer.encode(prompt)
    }

    /// A recipe with the package's recommended settings.
    #[must_use]
    pub fn recipe(&self, prompt: &str, seed: u64) -> Recipe {
        let sampler = &self.denoiser.sampler;
        let [height, width] = self.network.signature().size.map(|side| side as u32);
        Recipe {
            prompt: prompt.to_owned(),
            seed,
            width,
            height,
            steps: sampler.steps,
            guidance: sampler.guidance,
            sampler: sampler.method.name().to_owned(),
            shift: 1.0,
        }
    }

    /// The recipes that this model accepts. A device may have narrower limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits::of(&self.network.signature(), self.denoiser.sizes.as_ref())
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
        let plan = Plan::new(recipe, &self.limits(), &self.denoiser.sampler)?;
        fit::check_fit(&*self.network, &self.compute, plan.size)?;
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
