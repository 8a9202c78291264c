//! Reports of a running generation.

use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;

use image2_picture::Picture;

/// One finished step.
#[derive(Debug)]
pub struct Step {
    /// From 1 to the recipe's number of steps.
    pub number: u32,
    /// Time since the start.
    pub elapsed: Duration,
    /// The picture that the network predicts at this step, in the proportions of the finished one:
    /// at the size that it is drawn at, or enlarged once where the model has an upscaler. `None`
    /// where enlarging it would take too long, and for an observer that wants none.
    pub preview: Option<Picture>,
}

/// Progress of enlarging.
#[derive(Debug)]
pub struct Tiles {
    /// Tiles that are done.
    pub done: u32,
    /// All tiles; an estimate until the last pass.
    pub all: u32,
    /// Time since the start.
    pub elapsed: Duration,
    /// The picture so far, whenever it has become larger.
    pub preview: Option<Picture>,
}

/// Receives each step and each tile and can end the run. Its futures are awaited between two of
/// them: a worker yields to its messages there.
pub trait Observer {
    /// Whether it wants previews.
    fn wants_previews(&self) -> bool {
        true
    }

    /// Called after every step, in order; `Break` cancels. On a GPU the next step is already
    /// submitted by then, so that the device does not wait for the preview; a cancel costs at most
    /// that one step.
    fn step(&mut self, step: Step) -> impl Future<Output = ControlFlow<()>>;

    /// Called after every tile, when a GPU has begun the next one; `Break` cancels.
    fn tiles(&mut self, tiles: Tiles) -> impl Future<Output = ControlFlow<()>> {
        drop(tiles);
        std::future::ready(ControlFlow::Continue(()))
    }
}

/// Ignores all reports and never cancels.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn wants_previews(&self) -> bool {
        false
    }

    async fn step(&mut self, _: Step) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
