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
    /// The picture that the network predicts at this step.
    pub preview: Picture,
}

/// Receives each step and can end the run. Its future is awaited between two steps: a worker yields
/// to its messages there.
pub trait Observer {
    /// Called after every step, in order; `Break` cancels. On a GPU the next step is already
    /// submitted by then, so that the device does not wait for the preview; a cancel costs at most
    /// that one step.
    fn step(&mut self, step: Step) -> impl Future<Output = ControlFlow<()>>;
}

/// Ignores all steps and never cancels.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {
    async fn step(&mut self, _: Step) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
