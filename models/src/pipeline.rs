//! The whole way from a prompt to a picture.

use std::cell::RefCell;
use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;

use image2_package::Manifest;
use image2_picture::{Picture, checks::find_fault};
use image2_shaders::{Compute, Resident};

use crate::canvas::Canvas;
use crate::error::ModelError;
use crate::mmjit::{MmJit, Text};
use crate::noise;
use crate::sampler::{Guidance, Method, stages, time_grid};
use crate::tokenizer::{Tokenizer, Tokens};
use web_time::Instant;

/// A model that is ready to make pictures.
#[derive(Debug)]
pub struct Pipeline {
    pub(crate) compute: Compute,
    pub(crate) manifest: Manifest,
    pub(crate) network: MmJit,
    pub(crate) tokenizer: Tokenizer,
    /// Of the size that was drawn last; most pictures have the size of the one before.
    pub(crate) canvas: RefCell<Option<Canvas>>,
}

/// Everything that decides a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// What the picture shows; empty makes a picture of anything.
    pub prompt: String,
    /// Pixels; a multiple of the model's patch.
    pub width: usize,
    /// Pixels; a multiple of the model's patch.
    pub height: usize,
    /// Steps from noise to picture.
    pub steps: u32,
    /// Decides the noise; see [`noise`](crate::noise).
    pub seed: u64,
    /// How strictly to follow the prompt.
    pub guidance: Guidance,
    /// How the flow is integrated.
    pub method: Method,
    /// Bends the time grid; 1 is even. See [`time_grid`].
    pub shift: f64,
}

/// One finished step.
#[derive(Debug)]
pub struct Step {
    /// From 1 to the job's number of steps.
    pub number: u32,
    /// Time since the job's start.
    pub elapsed: Duration,
    /// The picture as the network foresees it now.
    pub preview: Picture,
}

/// Hears of each step and may end the run. Its future is awaited before the next step begins:
/// a worker yields to its messages there.
pub trait Observer {
    /// Called after every step; `Break` cancels.
    fn step(&mut self, step: Step) -> impl Future<Output = ControlFlow<()>>;
}

/// Hears nothing and never cancels.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {
    async fn step(&mut self, _: Step) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

// A request outside these bounds is a slip or an attack, not a wish.
pub(crate) const STEPS_MAX: u32 = 200;
pub(crate) const GUIDANCE_MAX: f32 = 30.0;
const SHIFT_MAX: f64 = 100.0;
/// Workgroups that WebGPU guarantees in one dimension of a dispatch.
const WORKGROUPS_MAX: u64 = 65_535;
/// Largest side and area, as multiples of the side and area of training: beyond them pictures
/// fall apart, and the square of the tokens outgrows memory.
const SIDE_FACTOR: usize = 4;
const AREA_FACTOR: usize = 4;

impl Pipeline {
    /// What the package says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the model computes.
    #[must_use]
    pub fn compute(&self) -> &Compute {
        &self.compute
    }

    /// The network's sizes.
    #[must_use]
    pub fn network(&self) -> &MmJit {
        &self.network
    }

    /// A prompt as the network reads it, to tell people which words it does not know.
    #[must_use]
    pub fn tokens(&self, prompt: &str) -> Tokens {
        self.tokenizer.encode(prompt)
    }

    /// A job with the settings that the model's makers recommend.
    #[must_use]
    pub fn job(&self, prompt: &str, seed: u64) -> Job {
        let sampler = &self.manifest.about.sampler;
        let [height, width] = self.network.config().size;
        Job {
            prompt: prompt.to_owned(),
            width,
            height,
            steps: sampler.steps,
            seed,
            guidance: Guidance {
                scale: sampler.guidance,
                interval: sampler.guidance_interval,
            },
            method: sampler.method.into(),
            shift: 1.0,
        }
    }

    /// Smallest and largest side in pixels.
    #[must_use]
    pub fn side_limits(&self) -> [usize; 2] {
        let config = self.network.config();
        [
            config.patch,
            SIDE_FACTOR * config.size[0].max(config.size[1]),
        ]
    }

    /// The largest product of width and height in pixels.
    #[must_use]
    pub fn area_max(&self) -> usize {
        let [height, width] = self.network.config().size;
        AREA_FACTOR * height * width
    }

    fn check(&self, job: &Job) -> Result<(), ModelError> {
        let config = self.network.config();
        let [low, high] = self.side_limits();
        let fits = |side: usize| side.is_multiple_of(config.patch) && (low..=high).contains(&side);
        let (area, area_max) = (job.width.saturating_mul(job.height), self.area_max());
        let sentence = if !fits(job.width) || !fits(job.height) || area > area_max {
            format!(
                "{} × {} pixels is outside this model's sizes: multiples of {} from {low} to {high}, at most {area_max} pixels in all",
                job.width, job.height, config.patch
            )
        } else if !(1..=STEPS_MAX).contains(&job.steps) {
            format!("{} steps is outside 1 to {STEPS_MAX}", job.steps)
        } else if !(0.0..=GUIDANCE_MAX).contains(&job.guidance.scale) {
            format!(
                "a guidance of {} is outside 0 to {GUIDANCE_MAX}",
                job.guidance.scale
            )
        } else if !(1.0 / SHIFT_MAX..=SHIFT_MAX).contains(&job.shift) {
            format!(
                "a shift of {} is outside {} to {SHIFT_MAX}",
                job.shift,
                1.0 / SHIFT_MAX
            )
        } else {
            return self.check_memory(job);
        };
        Err(ModelError::Request(sentence))
    }

    /// Refuses beforehand what would need a larger buffer than the device has: of a pass's
    /// matrices, queries, keys and values are the widest, or the hidden features of the MLP.
    fn check_memory(&self, job: &Job) -> Result<(), ModelError> {
        let config = self.network.config();
        let patches = job.width * job.height / (config.patch * config.patch);
        let values = config.patch * config.patch * config.channels;
        let widest = config.mlp_hidden.max(3 * config.width).max(values);
        let both_branches = 2 * size_of::<f32>() as u64;
        let tokens = (patches + config.text_length) as u64;
        let size_bytes = tokens
            .saturating_mul(widest as u64)
            .saturating_mul(both_branches);
        let limit_bytes = self.compute.buffer_bytes_max();
        if size_bytes > limit_bytes {
            return Err(ModelError::Request(format!(
                "{} × {} pixels need a buffer of {size_bytes} bytes, and this device has {limit_bytes} at most; choose a smaller size",
                job.width, job.height
            )));
        }
        // Norms and rotations take one invocation for each head of both branches' queries and
        // keys, 64 to a workgroup; a step takes a row of workgroups for each patch.
        let rotations = (4 * tokens)
            .saturating_mul(config.heads as u64)
            .div_ceil(64);
        if patches as u64 > WORKGROUPS_MAX || rotations > WORKGROUPS_MAX {
            return Err(ModelError::Request(format!(
                "{} × {} pixels are {patches} patches, more than this model can be run on; choose a smaller size",
                job.width, job.height
            )));
        }
        Ok(())
    }

    /// Waits until the device has done all it was told, and asks it for faults.
    ///
    /// A browser reports a failed upload only later: a model is ready when this says so.
    ///
    /// # Errors
    /// The device's faults.
    pub async fn settle(&self) -> Result<(), ModelError> {
        Resident::zeros(&self.compute, [1, 1]).read().await?;
        Ok(())
    }

    /// Makes a picture; `None` if the observer cancelled.
    ///
    /// # Errors
    /// [`ModelError::Request`] before any work if the job is outside the model's limits; later the
    /// device's faults, and [`ModelError::Output`] if a step's result is not a picture.
    pub async fn generate(
        &self,
        job: &Job,
        observer: &mut impl Observer,
    ) -> Result<Option<Picture>, ModelError> {
        self.check(job)?;
        let watch = Instant::now();
        let size = [job.height, job.width];
        // Whoever draws at the same time makes an own one.
        let kept = self.canvas.take().filter(|canvas| canvas.size() == size);
        let mut canvas = kept.map_or_else(|| Canvas::new(&self.network, size), Ok)?;
        let picture = self.draw(&mut canvas, job, watch, observer).await;
        self.canvas.replace(Some(canvas));
        picture
    }

    async fn draw(
        &self,
        canvas: &mut Canvas,
        job: &Job,
        watch: Instant,
        observer: &mut impl Observer,
    ) -> Result<Option<Picture>, ModelError> {
        let text = Text::Tokens(self.tokenizer.encode(&job.prompt).ids);
        let channels = self.network.config().channels;
        let scale = self.manifest.about.picture.noise_scale;
        let mut noise = noise::gaussian(job.seed, channels * job.height * job.width);
        noise.iter_mut().for_each(|value| *value *= scale);
        canvas.begin(&self.network, text, &noise)?;

        let times = time_grid(job.steps, job.shift);
        for (number, pair) in (1..).zip(times.windows(2)) {
            for stage in stages([pair[0], pair[1]], job.method) {
                let scale = job.guidance.applies(stage.t).then_some(job.guidance.scale);
                canvas.advance(&self.network, &stage, scale)?;
            }
            let foreseen = canvas.foreseen().await?;
            let preview = self.believe(&foreseen, number, job).await?;
            let step = Step {
                number,
                elapsed: watch.elapsed(),
                preview,
            };
            if observer.step(step).await.is_break() {
                return Ok(None);
            }
        }
        let picture = canvas.picture().await?;
        self.believe(&picture, job.steps, job).await.map(Some)
    }

    /// A picture from values `[channels, height, width]`, unless they are none.
    async fn believe(&self, values: &[f32], step: u32, job: &Job) -> Result<Picture, ModelError> {
        if let Some(fault) = find_fault(values) {
            self.compute.check_late().await?;
            return Err(ModelError::Output { step, fault });
        }
        let channels = self.network.config().channels;
        Picture::from_premultiplied_f32(values, channels, job.width as u32, job.height as u32)
            .map_err(|error| ModelError::Execution(error.to_string()))
    }
}
