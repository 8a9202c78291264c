//! Time and memory of a picture, before it is drawn.

use std::time::Duration;

use image2_picture::Recipe;

use super::Pipeline;
use super::enlarge::{Enlargement, Enlarger, Placement, expected_windows};
use crate::fault::RequestFault;

/// Memory and time of one picture on one device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Everything that this instance takes: weights, tensors, tiles, and the finished picture with
    /// the one that it is enlarged from.
    pub memory_bytes: u64,
    /// What one more instance takes that computes tiles alone.
    pub instance_bytes: u64,
    /// Tiles of all passes, about; 0 where nothing is enlarged by a network.
    pub tiles: u32,
    /// The steps, by those that were measured; `None` before the first.
    pub drawing: Option<Duration>,
    /// All tiles on this device, by those that were measured; `None` before the first.
    pub enlarging: Option<Duration>,
}

impl Pipeline {
    /// Memory and time that a recipe takes.
    ///
    /// # Errors
    /// If the recipe exceeds the limits of this model or its device.
    pub fn estimate(&self, recipe: &Recipe) -> Result<Estimate, RequestFault> {
        let plan = self.plan(recipe)?;
        let steps = plan.evaluations().flatten().count();
        let drawing = self.seconds_per_evaluation.get();
        let drawing = drawing.map(|seconds| Duration::from_secs_f64(seconds * steps as f64));
        let mut estimate = Estimate {
            memory_bytes: self.memory().total_bytes() + bytes(plan.canvas),
            drawing,
            ..Estimate::default()
        };
        if let Some(enlarger) = &self.enlarger {
            // Its inputs and outputs stay beside those that this picture may need.
            let [planned, _] = enlarger.bytes();
            estimate.memory_bytes -= planned;
            let drawn = plan.size.map(|side| side as u32);
            let place = Placement::contained(drawn, plan.canvas);
            if !plan.repeats_pixels {
                let (tiling, crop) = (enlarger.tiling(), enlarger.compute().is_cpu());
                let windows = expected_windows(drawn, place, tiling, crop);
                estimate = enlarger.estimate(&windows, place, estimate);
            }
        }
        Ok(estimate)
    }
}

impl Enlarger {
    /// Memory and time of an enlargement that has not begun.
    ///
    /// # Errors
    /// [`RequestFault::Buffer`] if the device cannot run a tile.
    pub fn estimate_alone(&self, enlargement: &Enlargement) -> Result<Estimate, RequestFault> {
        let placement = enlargement.placement();
        self.check_fit(placement.canvas)?;
        let pictures_bytes = bytes(enlargement.from()) + bytes(placement.canvas);
        let estimate = Estimate {
            memory_bytes: self.weight_bytes() + pictures_bytes,
            ..Estimate::default()
        };
        Ok(self.estimate(&enlargement.windows(), placement, estimate))
    }

    /// Adds an enlargement with these windows, without the weights and the finished picture.
    fn estimate(&self, windows: &[[usize; 2]], placement: Placement, before: Estimate) -> Estimate {
        let pixels: usize = windows.iter().map(|[height, width]| height * width).sum();
        let scale = self.network().signature().scale as u32;
        // The last pass's input and its copy as a preview.
        let input = placement.size.map(|side| side.div_ceil(scale));
        Estimate {
            memory_bytes: before.memory_bytes + self.tile_bytes() + 2 * bytes(input),
            instance_bytes: self.weight_bytes() + self.tile_bytes(),
            tiles: windows.len() as u32,
            enlarging: self.duration(pixels),
            ..before
        }
    }
}

/// Bytes of a picture.
fn bytes([height, width]: [u32; 2]) -> u64 {
    4 * u64::from(height) * u64::from(width)
}
