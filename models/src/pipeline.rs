//! The whole way from a prompt to a picture.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;

use image2_package::{Manifest, Method, TensorEntry};
use image2_picture::checks::{Fault, fault_of, find_fault};
use image2_picture::{Picture, PictureError, Recipe};
use image2_shaders::ops::{Advance, Preview, QkNormRope};
use image2_shaders::{Compute, Reading, Resident};

use crate::canvas::{Canvas, Easel};
use crate::error::ModelError;
use crate::mmjit::{MmJit, Text};
use crate::noise;
use crate::plan::Plan;
use crate::sampler::{Guidance, Stage};
use crate::tokenizer::{Tokenizer, Tokens};
use web_time::Instant;

/// A model that is ready to make pictures.
#[derive(Debug)]
pub struct Pipeline {
    pub(crate) compute: Compute,
    pub(crate) manifest: Manifest,
    pub(crate) network: MmJit,
    pub(crate) tokenizer: Tokenizer,
    /// Of the size that was drawn last.
    pub(crate) easel: RefCell<Option<Easel>>,
}

/// What a pipeline takes of its device's memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Of the network's weights.
    pub weight_bytes: u64,
    /// Of the matrices that exist within a run, for the size that was drawn last.
    pub planned_bytes: u64,
    /// Of those that outlive a run: the picture on its way, positions, the encoded prompt.
    pub resident_bytes: u64,
}

impl Memory {
    /// All of it.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.weight_bytes + self.planned_bytes + self.resident_bytes
    }
}

/// One finished step.
#[derive(Debug)]
pub struct Step {
    /// From 1 to the recipe's number of steps.
    pub number: u32,
    /// Time since the start.
    pub elapsed: Duration,
    /// The picture as the network foresees it now.
    pub preview: Picture,
}

/// Hears of each step and may end the run. Its future is awaited between two steps: a worker yields
/// to its messages there.
pub trait Observer {
    /// Called after every step, in order; `Break` cancels. On a GPU the next step is on its way by
    /// then, so that the device does not wait for whoever looks at a preview; a cancel costs that one
    /// at most.
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

    /// A recipe with the settings that the model's makers recommend.
    #[must_use]
    pub fn recipe(&self, prompt: &str, seed: u64) -> Recipe {
        let sampler = &self.manifest.about.sampler;
        let [height, width] = self.network.config().size.map(|side| side as u32);
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

    /// Validates a recipe without drawing it.
    ///
    /// # Errors
    /// [`ModelError::Request`] if the recipe exceeds the limits of this model or its device.
    pub fn validate(&self, recipe: &Recipe) -> Result<(), ModelError> {
        self.plan(recipe).map(|_| ())
    }

    /// Validates a recipe against this model and its device.
    pub(crate) fn plan(&self, recipe: &Recipe) -> Result<Plan, ModelError> {
        let config = self.network.config();
        let [width, height] = [recipe.width, recipe.height].map(|side| side as usize);
        let [low, high] = self.side_limits();
        let fits = |side: usize| side.is_multiple_of(config.patch) && (low..=high).contains(&side);
        let (area, area_max) = (width.saturating_mul(height), self.area_max());
        let (scale, shift) = (recipe.guidance, f64::from(recipe.shift));
        let method = recipe.sampler.parse::<Method>();
        let sentence = if !fits(width) || !fits(height) || area > area_max {
            format!(
                "{width} × {height} pixels is outside this model's sizes: multiples of {} from {low} to {high}, at most {area_max} pixels in all",
                config.patch
            )
        } else if !(1..=STEPS_MAX).contains(&recipe.steps) {
            format!("{} steps is outside 1 to {STEPS_MAX}", recipe.steps)
        } else if !(0.0..=GUIDANCE_MAX).contains(&scale) {
            format!("a guidance of {scale} is outside 0 to {GUIDANCE_MAX}")
        } else if !(1.0 / SHIFT_MAX..=SHIFT_MAX).contains(&shift) {
            format!(
                "a shift of {shift} is outside {} to {SHIFT_MAX}",
                1.0 / SHIFT_MAX
            )
        } else if let Ok(method) = method {
            let size = [height, width];
            self.check_memory(size)?;
            return Ok(Plan {
                size,
                steps: recipe.steps,
                seed: recipe.seed,
                guidance: Guidance {
                    scale,
                    interval: self.manifest.about.sampler.guidance_interval,
                },
                method,
                shift,
            });
        } else {
            format!("the sampler {:?} is unknown", recipe.sampler)
        };
        Err(ModelError::Request(sentence))
    }

    /// Refuses beforehand what would need a larger buffer than the device has: of a pass's
    /// matrices, queries, keys and values are the widest, or the hidden features of the MLP.
    fn check_memory(&self, [height, width]: [usize; 2]) -> Result<(), ModelError> {
        let config = self.network.config();
        let patches = width * height / (config.patch * config.patch);
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
                "{width} × {height} pixels need a buffer of {size_bytes} bytes, and this device has {limit_bytes} at most; choose a smaller size"
            )));
        }
        let rows = 2 * (patches + config.text_length); // of both branches
        let workgroups = [
            Advance::workgroups(patches, values),
            QkNormRope::workgroups(rows, config.heads),
            Preview::workgroups([height, width]),
        ];
        let limit = self.compute.limits().workgroups;
        if workgroups.as_flattened().iter().any(|&count| count > limit) {
            return Err(ModelError::Request(format!(
                "{width} × {height} pixels are {patches} patches, more than this model can be run on; choose a smaller size"
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

    /// Makes everything that a picture with the recommended settings needs, so that the first one
    /// takes no longer than the second: compiles its kernels, then runs each pass once, because some
    /// drivers finish a kernel only when it first runs. `hear` is told how much of how much is done,
    /// first nothing, and awaited; it hears nothing where nothing is to be compiled.
    ///
    /// # Errors
    /// The device's faults, as of a kernel that it refuses.
    pub async fn prepare(&self, mut hear: impl AsyncFnMut(usize, usize)) -> Result<(), ModelError> {
        // On a device that is too small for it, a smaller size may still be asked for.
        let Ok(plan) = self.plan(&self.recipe("", 0)) else {
            return self.settle().await;
        };
        let scales: Vec<Option<f32>> = [None, Some(1.0)]
            .into_iter()
            .zip(plan.passes())
            .filter_map(|(scale, needed)| needed.then_some(scale))
            .collect();
        let mut kernels = 0;
        let tell = async |done, total| {
            kernels = total;
            hear(done, total + scales.len()).await;
        };
        let mut easel = self.easel(&plan, tell).await?;
        if kernels > 0 {
            easel.prompt.encode(&self.network, Text::empty())?;
            for (run, scale) in (1..).zip(&scales) {
                easel.canvas.advance(&Stage::default(), *scale);
                self.settle().await?;
                hear(kernels + run, kernels + scales.len()).await;
            }
        }
        self.easel.replace(Some(easel));
        self.settle().await
    }

    /// What is kept, brought to what a plan needs. Whoever draws at the same time makes an own one.
    async fn easel(
        &self,
        plan: &Plan,
        hear: impl AsyncFnMut(usize, usize),
    ) -> Result<Easel, ModelError> {
        let kept = self.easel.take();
        Easel::new(&self.network, kept, plan.size, plan.passes(), hear).await
    }

    /// What the weights and the last picture take on the device.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let tables = self.network.config().tables();
        let tensors = self.manifest.tensors.iter();
        let weights = tensors.filter(|(name, _)| !tables.contains(&name.as_str()));
        let on_device = |tensor: &TensorEntry| {
            let elements = tensor.shape.elements() as u64;
            let stored_bytes = tensor.stored_bytes();
            self.compute
                .weight_bytes(tensor.format, elements, stored_bytes)
        };
        let easel = self.easel.borrow();
        let [planned_bytes, resident_bytes] = easel.as_ref().map(Easel::bytes).unwrap_or_default();
        Memory {
            weight_bytes: weights.map(|(_, tensor)| on_device(tensor)).sum(),
            planned_bytes,
            resident_bytes,
        }
    }

    /// Makes a picture; `None` if the observer cancelled.
    ///
    /// # Errors
    /// [`ModelError::Request`] before any work if the recipe is outside the model's limits; later the
    /// device's faults, and [`ModelError::Output`] if a step's result is not a picture.
    pub async fn generate(
        &self,
        recipe: &Recipe,
        observer: &mut impl Observer,
    ) -> Result<Option<Picture>, ModelError> {
        let plan = self.plan(recipe)?;
        let watch = Instant::now();
        let mut easel = self.easel(&plan, async |_, _| {}).await?;
        let picture = self
            .draw(&mut easel, &recipe.prompt, &plan, watch, observer)
            .await;
        self.easel.replace(Some(easel));
        picture
    }

    async fn draw(
        &self,
        easel: &mut Easel,
        text: &str,
        plan: &Plan,
        watch: Instant,
        observer: &mut impl Observer,
    ) -> Result<Option<Picture>, ModelError> {
        let Easel { prompt, canvas, .. } = easel;
        let text = Text::Tokens(self.tokenizer.encode(text).ids);
        prompt.encode(&self.network, text)?;
        let channels = self.network.config().channels;
        let scale = self.manifest.about.picture.noise_scale;
        let mut noise = noise::gaussian(plan.seed, channels * plan.size[0] * plan.size[1]);
        noise.iter_mut().for_each(|value| *value *= scale);
        canvas.begin(&noise);

        // Steps whose previews are awaited while the next one runs. The processor computes where it
        // is asked to, so there a step ahead would only make a cancel wait.
        let ahead = usize::from(!self.compute.is_cpu());
        let mut told = Told {
            pipeline: self,
            canvas,
            plan,
            watch,
            observer,
        };
        let mut waiting = VecDeque::with_capacity(ahead + 1);
        for (number, stages) in (1..).zip(plan.stages()) {
            for stage in stages {
                canvas.advance(&stage, plan.scale(&stage));
            }
            waiting.push_back((number, canvas.foreseen()));
            if waiting.len() > ahead
                && let Some((number, foreseen)) = waiting.pop_front()
                && told.step(number, foreseen).await?.is_break()
            {
                return Ok(None);
            }
        }
        let picture = canvas.picture();
        for (number, foreseen) in waiting {
            if told.step(number, foreseen).await?.is_break() {
                return Ok(None);
            }
        }
        // By the processor, whose division is exact: the bytes that people keep do not depend on a
        // driver's.
        let planes = canvas.planes(picture).await?;
        let [height, width] = plan.size.map(|side| side as u32);
        let picture = || Picture::from_premultiplied_f32(&planes, channels, width, height);
        let believed = self
            .believe(find_fault(&planes), plan.steps, picture)
            .await?;
        Ok(Some(believed))
    }

    /// The only way to a picture: there is none where `fault` says that the values are none.
    async fn believe(
        &self,
        fault: Option<Fault>,
        step: u32,
        picture: impl FnOnce() -> Result<Picture, PictureError>,
    ) -> Result<Picture, ModelError> {
        if let Some(fault) = fault {
            self.compute.check_late().await?;
            return Err(ModelError::Output { step, fault });
        }
        picture().map_err(|error| ModelError::Execution(error.to_string()))
    }
}

/// What it takes to tell of a plan's steps.
struct Told<'a, O> {
    pipeline: &'a Pipeline,
    canvas: &'a Canvas,
    plan: &'a Plan,
    watch: Instant,
    observer: &'a mut O,
}

impl<O: Observer> Told<'_, O> {
    async fn step(
        &mut self,
        number: u32,
        foreseen: Reading,
    ) -> Result<ControlFlow<()>, ModelError> {
        let seen = self.canvas.previewed(foreseen).await?;
        let [height, width] = self.plan.size.map(|side| side as u32);
        let fault = fault_of(seen.non_finite, seen.extent);
        let picture = || Picture::new(width, height, seen.rgba);
        let preview = self.pipeline.believe(fault, number, picture).await?;
        let step = Step {
            number,
            elapsed: self.watch.elapsed(),
            preview,
        };
        Ok(self.observer.step(step).await)
    }
}
