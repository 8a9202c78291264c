//! The whole way from a prompt to a picture.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;

use image2_package::{Manifest, TensorEntry};
use image2_picture::checks::{Fault, fault_of, find_fault};
use image2_picture::{Picture, PictureError};
use image2_shaders::graph::{Preview, Rotate};
use image2_shaders::{Compute, Reading, Resident};

use crate::canvas::{Canvas, Easel, Passes};
use crate::error::ModelError;
use crate::mmjit::{MmJit, Text};
use crate::noise;
use crate::sampler::{Guidance, Method, Stage, stages, time_grid};
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

    /// Holds a job against the limits of this model and its device.
    ///
    /// # Errors
    /// [`ModelError::Request`] with what is allowed.
    pub fn check(&self, job: &Job) -> Result<(), ModelError> {
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
        // Norms and rotations take a workgroup for each group of heads of both branches' queries and
        // keys; a step takes a row of workgroups for each patch, a preview one for each group of pixels.
        let rotations = (4 * tokens)
            .saturating_mul(config.heads as u64)
            .div_ceil(Rotate::GROUP as u64);
        let previews = (job.width * job.height).div_ceil(Preview::GROUP) as u64;
        if [patches as u64, rotations, previews]
            .iter()
            .any(|&count| count > WORKGROUPS_MAX)
        {
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

    /// Makes everything that a picture with the recommended settings needs, so that the first one
    /// takes no longer than the second: compiles its kernels, then runs each pass once, because some
    /// drivers finish a kernel only when it first runs. `hear` is told how much of how much is done,
    /// first nothing, and awaited; it hears nothing where nothing is to be compiled.
    ///
    /// # Errors
    /// The device's faults, as of a kernel that it refuses.
    pub async fn prepare(&self, mut hear: impl AsyncFnMut(usize, usize)) -> Result<(), ModelError> {
        let job = self.job("", 0);
        // On a device that is too small for it, a smaller size may still be asked for.
        if self.check(&job).is_err() {
            return self.settle().await;
        }
        let scales: Vec<Option<f32>> = [None, Some(1.0)]
            .into_iter()
            .zip(job.passes())
            .filter_map(|(scale, needed)| needed.then_some(scale))
            .collect();
        let mut kernels = 0;
        let tell = async |done, total| {
            kernels = total;
            hear(done, total + scales.len()).await;
        };
        let mut easel = self.easel(&job, tell).await?;
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

    /// What is kept, brought to what a job needs. Whoever draws at the same time makes an own one.
    async fn easel(
        &self,
        job: &Job,
        hear: impl AsyncFnMut(usize, usize),
    ) -> Result<Easel, ModelError> {
        let (kept, size) = (self.easel.take(), [job.height, job.width]);
        Easel::new(&self.network, kept, size, job.passes(), hear).await
    }

    /// What the weights and the last picture take on the device.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let tables = self.network.config().tables();
        let tensors = self.manifest.tensors.iter();
        let weights = tensors.filter(|(name, _)| !tables.contains(&name.as_str()));
        let on_device = |tensor: &TensorEntry| match self.compute {
            Compute::Cpu => Compute::weight_bytes(tensor.format, tensor.shape.elements() as u64),
            #[cfg(feature = "gpu")]
            _ => tensor.stored_bytes(),
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
    /// [`ModelError::Request`] before any work if the job is outside the model's limits; later the
    /// device's faults, and [`ModelError::Output`] if a step's result is not a picture.
    pub async fn generate(
        &self,
        job: &Job,
        observer: &mut impl Observer,
    ) -> Result<Option<Picture>, ModelError> {
        self.check(job)?;
        let watch = Instant::now();
        let mut easel = self.easel(job, async |_, _| {}).await?;
        let picture = self.draw(&mut easel, job, watch, observer).await;
        self.easel.replace(Some(easel));
        picture
    }

    async fn draw(
        &self,
        easel: &mut Easel,
        job: &Job,
        watch: Instant,
        observer: &mut impl Observer,
    ) -> Result<Option<Picture>, ModelError> {
        let Easel { prompt, canvas, .. } = easel;
        let text = Text::Tokens(self.tokenizer.encode(&job.prompt).ids);
        prompt.encode(&self.network, text)?;
        let channels = self.network.config().channels;
        let scale = self.manifest.about.picture.noise_scale;
        let mut noise = noise::gaussian(job.seed, channels * job.height * job.width);
        noise.iter_mut().for_each(|value| *value *= scale);
        canvas.begin(&noise);

        // Steps whose previews are awaited while the next one runs. The processor computes where it
        // is asked to, so there a step ahead would only make a cancel wait.
        let ahead = usize::from(!matches!(self.compute, Compute::Cpu));
        let mut told = Told {
            pipeline: self,
            canvas,
            job,
            watch,
            observer,
        };
        let mut waiting = VecDeque::with_capacity(ahead + 1);
        for (number, stages) in (1..).zip(job.stages()) {
            for stage in stages {
                canvas.advance(&stage, job.scale(&stage));
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
        let [width, height] = [job.width, job.height].map(|side| side as u32);
        let picture = || Picture::from_premultiplied_f32(&planes, channels, width, height);
        let believed = self
            .believe(find_fault(&planes), job.steps, picture)
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

/// What it takes to tell of a job's steps.
struct Told<'a, O> {
    pipeline: &'a Pipeline,
    canvas: &'a Canvas,
    job: &'a Job,
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
        let [width, height] = [self.job.width, self.job.height].map(|side| side as u32);
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

impl Job {
    /// The stages of each step.
    fn stages(&self) -> impl Iterator<Item = Vec<Stage>> {
        let times = time_grid(self.steps, self.shift);
        let pairs: Vec<[f64; 2]> = times.windows(2).map(|pair| [pair[0], pair[1]]).collect();
        pairs.into_iter().map(|pair| stages(pair, self.method))
    }

    /// The guidance's scale at a stage, where it is guided.
    fn scale(&self, stage: &Stage) -> Option<f32> {
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
