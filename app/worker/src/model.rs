//! A loaded model, and the workers that help with its pictures.

use image2_models::{Compute, ModelError, Opening, Pipeline};
use image2_package::{Component, Manifest};
use image2_picture::{Picture, Recipe};
use image2_protocol::{Event, ModelInfo};
#[cfg(feature = "cpu")]
use web_time::Instant;

use crate::cost::Cost;
use crate::failure::WorkerError;
use crate::fetch::Source;
use crate::report::Reporter;
#[cfg(feature = "cpu")]
use crate::siblings::{Files, Siblings};
use crate::{resources, wire};

/// A model that is ready to make pictures.
pub(crate) struct Model {
    pub(crate) pipeline: Pipeline,
    /// On the processor, where the model has an upscaler.
    #[cfg(feature = "cpu")]
    pub(crate) siblings: Option<Siblings>,
}

impl Model {
    /// Fetches and verifies a package, puts it on the device, and makes everything that the first picture
    /// needs.
    pub(crate) async fn load(source: &Source<'_>, compute: &Compute) -> Result<Self, WorkerError> {
        let manifest_bytes = source.manifest().await?;
        let manifest = Manifest::parse(&manifest_bytes).map_err(ModelError::from)?;
        let mut opening = Opening::new(manifest.clone(), compute)?;
        let shards = manifest.shards_of(Component::Upscaler);
        let upscaler: Vec<&str> = shards.map(|shard| &shard.name[..]).collect();
        let is_shared = cfg!(feature = "cpu") && compute.is_cpu() && !upscaler.is_empty();
        // They start while the package arrives.
        #[cfg(feature = "cpu")]
        let siblings = is_shared.then(Siblings::start);
        let mut kept = Vec::new();
        let keep = |name: &str, file| {
            if is_shared && upscaler.contains(&name) {
                kept.push((name.to_owned(), file));
            }
        };
        source.files(&mut opening, keep).await?;
        let pipeline = opening.finish()?;
        pipeline.prepare(report_preparing).await?;
        Ok(Self {
            pipeline,
            #[cfg(feature = "cpu")]
            siblings: siblings.map(|siblings| {
                siblings.with(Files {
                    manifest: manifest_bytes,
                    files: kept,
                })
            }),
        })
    }

    /// Time and memory of a picture.
    ///
    /// # Errors
    /// If the recipe exceeds the limits of the model or the device.
    pub(crate) fn cost(&self, recipe: &Recipe) -> Result<Cost, WorkerError> {
        let estimate = self.pipeline.estimate(recipe).map_err(ModelError::from)?;
        let limit_bytes = resources::picture_bytes_max();
        if estimate.memory_bytes > limit_bytes {
            return Err(WorkerError::TooLarge {
                width: recipe.width,
                height: recipe.height,
                size_bytes: estimate.memory_bytes,
                limit_bytes,
            });
        }
        let cost = Cost::alone(&estimate);
        #[cfg(feature = "cpu")]
        let cost = match &self.siblings {
            Some(siblings) => siblings.cost(cost, estimate.instance_bytes),
            None => cost,
        };
        Ok(cost)
    }

    /// Makes a picture; `None` if the reporter cancelled.
    ///
    /// # Errors
    /// Those of the pipeline.
    pub(crate) async fn generate(
        &mut self,
        recipe: &Recipe,
        reporter: &mut Reporter,
    ) -> Result<Option<Picture>, WorkerError> {
        #[cfg(feature = "cpu")]
        let cost = self.cost(recipe)?;
        let pipeline = &self.pipeline;
        #[cfg(feature = "cpu")]
        if let (Some(siblings), Some(enlarger)) = (&mut self.siblings, pipeline.enlarger())
            && siblings.count(cost.tiles) > 0
        {
            let start = Instant::now();
            siblings.get_ready();
            let Some(drawn) = pipeline.draw(recipe, reporter).await? else {
                return Ok(None);
            };
            let enlargement = pipeline.enlargement(recipe, drawn)?;
            return siblings
                .enlarge(enlargement, enlarger, start, reporter)
                .await;
        }
        Ok(pipeline.generate(recipe, reporter).await?)
    }

    /// Its limits and recommendations, for the page.
    pub(crate) fn describe(&self) -> ModelInfo {
        let pipeline = &self.pipeline;
        let (manifest, limits) = (pipeline.manifest(), pipeline.limits());
        let about = &manifest.about;
        ModelInfo {
            name: about.name.clone(),
            title: about.title.clone(),
            licence: about.licence.clone(),
            digest: manifest.digest().to_string(),
            size_bytes: manifest.size_bytes(),
            patch: limits.patch,
            side_min: limits.side_min,
            side_max: limits.side_max,
            area_max: limits.area_max as u32,
            alpha: pipeline.network().signature().channels == 4,
            enlarges: pipeline.enlarger().is_some(),
            recommended: pipeline.recipe("", 0),
        }
    }
}

async fn report_preparing(done: usize, total: usize) {
    wire::send(&Event::Preparing {
        done: done as u32,
        total: total as u32,
    });
    wire::yield_to_messages().await;
}
