//! Draws one picture: from a request to a recipe to a file. All use of the library's pipeline by
//! this command is here.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use image2_models::{Look, ModelError, Observer, Pipeline, Recipe, Step, Tiles};
use image2_picture::{Parameters, encode_png};
use indicatif::ProgressBar;

use super::request::Request;
use crate::args::Generate;
use crate::destination::Destination;
use crate::failure::OutputFault;
use crate::file_format::FileFormat;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::{progress, svg};

/// The longer side at which an SVG is traced, whatever size is asked for: thin lines need pixels, and
/// its edges are sharp at any size.
const TRACED_SIDE: u32 = 1024;

/// Draws the pictures of a run.
pub struct Artist<'a> {
    pub args: &'a Generate,
    pub pipeline: &'a Pipeline,
    pub interrupt: Interrupt,
    pub output: &'a Output,
}

/// How a picture ended.
pub enum Drawing {
    /// The picture was written; the time that it took.
    Made(Duration),
    /// A signal stopped it, with this exit code.
    Stopped(u8),
}

impl Artist<'_> {
    /// The validated recipe of a request.
    pub fn recipe(&self, request: &Request, destination: &Destination) -> anyhow::Result<Recipe> {
        let args = self.args;
        let mut recipe = self.pipeline.recipe(&request.prompt, request.seed);
        let is_svg = destination.format == FileFormat::Svg;
        if let Some([width, height]) = request.size {
            (recipe.width, recipe.height) = (width, height);
        } else if is_svg && self.pipeline.enlarger().is_some() {
            (recipe.width, recipe.height) = (TRACED_SIDE, TRACED_SIDE);
            (recipe.width, recipe.height) = self.traced(&recipe);
        }
        recipe.steps = args.steps.unwrap_or(recipe.steps);
        recipe.guidance = args.guidance.unwrap_or(recipe.guidance);
        if let Some(method) = args.method {
            method.name().clone_into(&mut recipe.sampler);
        }
        recipe.shift = args.shift;
        recipe.ground = request.ground;
        self.pipeline.validate(&recipe).map_err(ModelError::from)?;
        if is_svg {
            let look = self.pipeline.look(&recipe.prompt);
            if !look.as_ref().is_some_and(Look::is_flat) {
                let look = look.map(|look| look.name().to_owned());
                return Err(OutputFault::Look(look).at(&destination.path).into());
            }
        }
        Ok(recipe)
    }

    /// Draws a picture and writes it.
    pub async fn draw(
        &self,
        recipe: &Recipe,
        destination: &mut Destination,
        label: &str,
    ) -> anyhow::Result<Drawing> {
        let start = Instant::now();
        let mut watcher = Watcher {
            interrupt: &self.interrupt,
            bar: progress::bar(self.output, u64::from(recipe.steps), label),
            steps: u64::from(recipe.steps),
        };
        let mut drawn = recipe.clone();
        if destination.format == FileFormat::Svg {
            (drawn.width, drawn.height) = self.traced(recipe);
        }
        let picture = self.pipeline.generate(&drawn, &mut watcher).await;
        watcher.bar.finish_and_clear();
        let Some(picture) = picture? else {
            return Ok(Drawing::Stopped(self.interrupt.code().unwrap_or_default()));
        };
        let parameters = (!self.args.no_parameters).then(|| self.parameters(recipe));
        let file = match destination.format {
            FileFormat::Png => {
                let picture = match recipe.ground {
                    Some(ground) => picture.over(ground),
                    None => picture,
                };
                encode_png(&picture, parameters.as_ref())
            }
            FileFormat::Svg => {
                let look = self.pipeline.look(&recipe.prompt);
                let pixels = look.is_some_and(|look| look.is_pixels());
                let svg = svg::encode(
                    &picture,
                    [recipe.width, recipe.height],
                    recipe.ground,
                    pixels,
                    parameters.as_ref(),
                );
                svg.ok_or_else(|| OutputFault::Areas.at(&destination.path))?
            }
        };
        destination.write(&file)?;
        Ok(Drawing::Made(start.elapsed()))
    }

    /// The size, in a recipe's proportions, at which its SVG is traced.
    fn traced(&self, recipe: &Recipe) -> (u32, u32) {
        let limits = self.pipeline.limits();
        let longer = recipe.width.max(recipe.height);
        let side = TRACED_SIDE.min(limits.side_max);
        match self.pipeline.enlarger() {
            Some(_) => {
                let scaled = |own: u32| (own * side / longer).max(limits.side_min);
                (scaled(recipe.width), scaled(recipe.height))
            }
            None => (recipe.width, recipe.height),
        }
    }

    fn parameters(&self, recipe: &Recipe) -> Parameters {
        let manifest = self.pipeline.manifest();
        Parameters {
            recipe: recipe.clone(),
            model: manifest.about.name.clone(),
            model_digest: manifest.digest().to_string(),
            program: concat!("Image 2 ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// Shows progress and checks for signals after each step.
struct Watcher<'a> {
    interrupt: &'a Interrupt,
    bar: ProgressBar,
    steps: u64,
}

impl Observer for Watcher<'_> {
    fn wants_previews(&self) -> bool {
        false
    }

    async fn step(&mut self, step: Step) -> ControlFlow<()> {
        self.bar.set_position(u64::from(step.number));
        self.interrupt.check()
    }

    async fn tiles(&mut self, tiles: Tiles) -> ControlFlow<()> {
        let steps = self.steps;
        self.bar.set_length(steps + u64::from(tiles.all));
        self.bar.set_position(steps + u64::from(tiles.done));
        self.interrupt.check()
    }
}
