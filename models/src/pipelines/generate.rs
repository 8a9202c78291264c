//! From a recipe to a finished picture: drawn, then enlarged tile by tile.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use image2_picture::{Picture, Recipe};
use web_time::Instant;

use super::Pipeline;
use super::enlarge::{Enlargement, Enlarger, Placement, nearest};
use super::observer::{Observer, Tiles};
use crate::error::ModelError;

impl Pipeline {
    /// Makes a picture; `None` if the observer cancelled. It is transparent where nothing is drawn:
    /// the recipe's ground is composed by [`Picture::over`].
    ///
    /// # Errors
    /// As of [`draw`](Self::draw), and [`ModelError::Tile`] if a tile's result is not a picture.
    pub async fn generate(
        &self,
        recipe: &Recipe,
        observer: &mut impl Observer,
    ) -> Result<Option<Picture>, ModelError> {
        let start = Instant::now();
        let Some(drawn) = self.draw_from(recipe, start, observer).await? else {
            return Ok(None);
        };
        let enlargement = self.enlargement(recipe, drawn)?;
        match &self.enlarger {
            Some(enlarger) => enlarger.enlarge(enlargement, start, observer).await,
            None => Ok(enlargement.finish()),
        }
    }

    /// A drawing of [`draw`](Self::draw) on its way to the recipe's size. Where no network enlarges
    /// it, it is already finished.
    ///
    /// # Errors
    /// [`ModelError::Request`] as of [`draw`](Self::draw).
    pub fn enlargement(&self, recipe: &Recipe, drawn: Picture) -> Result<Enlargement, ModelError> {
        let plan = self.plan(recipe)?;
        let Some(enlarger) = &self.enlarger else {
            return Ok(Enlargement::finished(drawn));
        };
        let place = Placement::contained([drawn.height(), drawn.width()], plan.canvas);
        if plan.repeats_pixels {
            let picture = place.place(nearest(&drawn, place.size)?)?;
            return Ok(Enlargement::finished(picture));
        }
        enlarger.enlargement(drawn, place)
    }
}

impl Enlarger {
    /// Computes all tiles; `None` if the observer cancelled. `start` is that of the time which the
    /// observer is told.
    ///
    /// # Errors
    /// The device's faults, and [`ModelError::Tile`] if a tile's result is not a picture.
    pub async fn enlarge(
        &self,
        mut enlargement: Enlargement,
        start: Instant,
        observer: &mut impl Observer,
    ) -> Result<Option<Picture>, ModelError> {
        // A GPU computes the next tile while one is read and put into its place.
        let ahead = usize::from(!self.compute().is_cpu());
        let (begun, mut pixels) = (Instant::now(), 0);
        let mut running = VecDeque::with_capacity(ahead + 1);
        while !enlargement.is_finished() {
            while running.len() <= ahead
                && let Some(tile) = enlargement.next_tile()
            {
                running.push_back(self.submit(tile).await?);
            }
            let submitted = running
                .pop_front()
                .expect("a pass that is not finished has tiles");
            let work = submitted.tile.work;
            enlargement.put(&work, &self.collect(submitted).await?)?;
            pixels += work.window().iter().product::<usize>();
            let [done, all] = enlargement.tiles();
            let tiles = Tiles {
                done,
                all,
                elapsed: start.elapsed(),
                preview: enlargement
                    .take_preview()
                    .filter(|_| observer.wants_previews()),
            };
            if let ControlFlow::Break(()) = observer.tiles(tiles).await {
                return Ok(None);
            }
        }
        self.note_pace(pixels, begun.elapsed());
        Ok(enlargement.finish())
    }
}
