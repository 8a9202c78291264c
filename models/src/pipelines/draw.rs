//! From a recipe to a drawing, step by step, at the size that the network draws.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Duration;

use image2_picture::checks::{Fault, fault_of, find_fault};
use image2_picture::{Picture, PictureError, Recipe};
use image2_shaders::Reading;
use web_time::Instant;

use super::Pipeline;
use super::denoising::Denoising;
use super::device_state::DeviceState;
use super::observer::{Observer, Step};
use super::plan::Plan;
use super::previews::Previews;
use crate::error::ModelError;
use crate::networks::Text;
use crate::noise;

impl Pipeline {
    /// Draws a recipe; `None` if the observer cancelled. A model with an upscaler draws at its own
    /// size: see [`enlargement`](Self::enlargement). Without one this is the finished picture.
    ///
    /// # Errors
    /// [`ModelError::Request`] before any work if the recipe is outside the limits of the model or
    /// the device; later the device's faults, and [`ModelError::Output`] if a step's result is not
    /// a picture.
    pub async fn draw(
        &self,
        recipe: &Recipe,
        observer: &mut impl Observer,
    ) -> Result<Option<Picture>, ModelError> {
        self.draw_from(recipe, Instant::now(), observer).await
    }

    /// As [`draw`](Self::draw), for reports of the time since `start`.
    pub(super) async fn draw_from(
        &self,
        recipe: &Recipe,
        start: Instant,
        observer: &mut impl Observer,
    ) -> Result<Option<Picture>, ModelError> {
        let plan = self.plan(recipe)?;
        let mut state = self.take_state(&plan, async |_, _| {}).await?;
        let picture = self
            .run(&mut state, &recipe.prompt, &plan, start, observer)
            .await;
        self.state.replace(Some(state));
        picture
    }

    async fn run(
        &self,
        state: &mut DeviceState,
        prompt: &str,
        plan: &Plan,
        start: Instant,
        observer: &mut impl Observer,
    ) -> Result<Option<Picture>, ModelError> {
        let text = Text::Tokens(self.tokenizer.encode(prompt).ids);
        state.prompt.encode(&*self.network, text)?;
        let denoising = &state.denoising;
        denoising.begin(&self.noise(plan));

        // Steps whose previews are awaited while the next one runs. The processor computes a step
        // when it is submitted, so a step ahead would only delay a cancel.
        let ahead = usize::from(!self.compute.is_cpu());
        let mut reporter = StepReporter {
            pipeline: self,
            denoising,
            plan,
            start,
            observer,
            previews: Previews::default(),
            reporting: Duration::ZERO,
        };
        let begun = Instant::now();
        let mut waiting = VecDeque::with_capacity(ahead + 1);
        for (number, evaluations) in (1..).zip(plan.evaluations()) {
            for evaluation in evaluations {
                denoising.advance(&evaluation, plan.scale(&evaluation));
            }
            waiting.push_back((number, denoising.read_preview()));
            if waiting.len() > ahead
                && let Some((number, reading)) = waiting.pop_front()
                && reporter.report(number, reading).await?.is_break()
            {
                return Ok(None);
            }
        }
        let reading = denoising.read_picture();
        for (number, reading) in waiting {
            if reporter.report(number, reading).await?.is_break() {
                return Ok(None);
            }
        }
        let computing = begun.elapsed().saturating_sub(reporter.reporting);
        self.note_pace(plan.evaluations().flatten().count(), computing);
        // Exported on the processor, whose division is exact: the bytes of a finished picture do
        // not depend on a driver.
        let planes = denoising.planes(reading).await?;
        let channels = self.network.signature().channels;
        let [height, width] = plan.size.map(|side| side as u32);
        let export = || Picture::from_premultiplied_f32(&planes, channels, width, height);
        let picture = self
            .validated(find_fault(&planes), plan.steps, export)
            .await?;
        match picture.is_transparent() {
            true => Err(ModelError::Empty),
            false => Ok(Some(picture)),
        }
    }

    /// Notes how long evaluations took, for estimates.
    pub(super) fn note_pace(&self, evaluations: usize, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64() / evaluations.max(1) as f64;
        self.seconds_per_evaluation.set(Some(seconds));
    }

    /// `[channels, height, width]`
    pub(super) fn noise(&self, plan: &Plan) -> Vec<f32> {
        let [height, width] = plan.size;
        let channels = self.network.signature().channels;
        let scale = self.denoiser.noise_scale;
        let mut noise = noise::gaussian(plan.seed, channels * height * width);
        noise.iter_mut().for_each(|value| *value *= scale);
        noise
    }

    /// The only way to a picture: `export` is called only where the values have no fault.
    async fn validated(
        &self,
        fault: Option<Fault>,
        step: u32,
        export: impl FnOnce() -> Result<Picture, PictureError>,
    ) -> Result<Picture, ModelError> {
        if let Some(fault) = fault {
            self.compute.check_late().await?;
            return Err(ModelError::Output { step, fault });
        }
        Ok(export()?)
    }
}

/// Reports the steps of a run.
struct StepReporter<'a, O> {
    pipeline: &'a Pipeline,
    denoising: &'a Denoising,
    plan: &'a Plan,
    start: Instant,
    observer: &'a mut O,
    previews: Previews,
    /// Time that previews and the observer took.
    reporting: Duration,
}

impl<O: Observer> StepReporter<'_, O> {
    async fn report(
        &mut self,
        number: u32,
        reading: Reading,
    ) -> Result<ControlFlow<()>, ModelError> {
        let preview = self.denoising.preview(reading).await?;
        let begun = Instant::now();
        let [height, width] = self.plan.size.map(|side| side as u32);
        let fault = fault_of(preview.non_finite, preview.extent);
        let export = || Picture::new(width, height, preview.rgba);
        let drawn = self.pipeline.validated(fault, number, export).await?;
        let step = Step {
            number,
            preview: self.preview(number, drawn).await?,
            elapsed: self.start.elapsed(),
        };
        let flow = self.observer.step(step).await;
        self.reporting += begun.elapsed();
        Ok(flow)
    }

    async fn preview(
        &mut self,
        number: u32,
        drawn: Picture,
    ) -> Result<Option<Picture>, ModelError> {
        if !self.observer.wants_previews() {
            return Ok(None);
        }
        if self.pipeline.enlarger.is_none() {
            return Ok(Some(drawn));
        }
        if !self.previews.is_due(number, self.plan.steps) {
            return Ok(None);
        }
        let begun = Instant::now();
        let preview = self.pipeline.preview(self.plan, drawn).await?;
        self.previews.note(begun);
        Ok(Some(preview))
    }
}
