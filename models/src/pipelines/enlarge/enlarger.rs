//! An upscaler on its device: computes tiles.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::time::Duration;

use image2_picture::Picture;
use image2_shaders::{Compute, Executable, Graph, Prepared, Reading, Resident, Workspace};
use web_time::Instant;

use super::enlargement::{Enlargement, expected_windows};
use super::placement::Placement;
use super::tile::Tile;
use super::tile_plan::Tiling;
use crate::error::ModelError;
use crate::fault::RequestFault;
use crate::networks::Upscaler;
use crate::pipelines::limits::ENLARGED_SIDE_MAX;

/// The longest side of a window, in pixels. The processor computes a tile before it reads another
/// message, so its tiles are small; a GPU's are as large as a picture of 256².
const WINDOW_CPU: u32 = 148;
const WINDOW_GPU: u32 = 276;
/// Windows whose passes are kept: on a GPU those of a large picture. The processor compiles
/// nothing, so it keeps the last one alone.
const KEPT_CPU: usize = 1;
const KEPT_GPU: usize = 4;

/// The side of the window that the processor tries out, to know its pace: a few hundredths of a
/// second.
const TRIAL: usize = 32;

/// An upscaler on its device.
#[derive(Debug)]
pub struct Enlarger {
    network: Box<dyn Upscaler>,
    weight_bytes: u64,
    /// The passes that are ready, the last used one last.
    kept: RefCell<Vec<Window>>,
    /// The memory that all passes share: tiles are computed one after the other.
    workspace: RefCell<Workspace>,
    /// Measured so far, for estimates.
    seconds_per_pixel: Cell<Option<f64>>,
}

/// The pass for windows of one size, with its input and output.
#[derive(Debug)]
struct Window {
    size: [usize; 2],
    input: Resident,
    output: Resident,
    pass: Executable,
}

/// A tile that was submitted to the device.
#[derive(Debug)]
pub(crate) struct Submitted {
    pub(crate) tile: Tile,
    reading: Reading,
}

impl Enlarger {
    pub(crate) fn new(network: Box<dyn Upscaler>, weight_bytes: u64) -> Self {
        Self {
            network,
            weight_bytes,
            kept: RefCell::default(),
            workspace: RefCell::default(),
            seconds_per_pixel: Cell::default(),
        }
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &dyn Upscaler {
        &*self.network
    }

    /// The device.
    #[must_use]
    pub fn compute(&self) -> &Compute {
        self.network.compute()
    }

    /// The place of a picture of `[height, width]` pixels whose longer side becomes `to`.
    ///
    /// # Errors
    /// [`RequestFault::Enlargement`] if that is shorter than the picture's, or too long.
    pub fn placement(&self, from: [u32; 2], to: u32) -> Result<Placement, RequestFault> {
        let [height, width] = from;
        let (low, high) = (height.max(width), ENLARGED_SIDE_MAX);
        match (low..=high).contains(&to) {
            true => {
                let size = Placement::contained(from, [to, to]).size;
                Ok(Placement::contained(from, size))
            }
            false => Err(RequestFault::Enlargement {
                width,
                height,
                to,
                low,
                high,
            }),
        }
    }

    /// A picture on its way to this size of canvas, its place in the middle.
    ///
    /// # Errors
    /// [`ModelError::Picture`] if the canvas is larger than a picture may be.
    ///
    /// # Panics
    /// If the picture is larger than its place.
    pub fn enlargement(
        &self,
        picture: Picture,
        placement: Placement,
    ) -> Result<Enlargement, ModelError> {
        // A GPU's windows have the sizes that were compiled beforehand; the processor's have any.
        let crop = self.compute().is_cpu();
        Ok(Enlargement::new(picture, placement, self.tiling(), crop)?)
    }

    /// Computes a tile: straight RGBA, of the size that [`Tile::work`] states.
    ///
    /// # Errors
    /// The device's faults, and [`ModelError::Tile`] if the result is no picture.
    pub async fn run(&self, tile: Tile) -> Result<Vec<u8>, ModelError> {
        let (start, pixels) = (Instant::now(), tile.work.window().iter().product());
        let rgba = self.collect(self.submit(tile).await?).await?;
        self.note_pace(pixels, start.elapsed());
        Ok(rgba)
    }

    /// Enlarges at once, without reports.
    ///
    /// # Errors
    /// As of [`run`](Self::run).
    pub(crate) async fn whole(&self, mut enlargement: Enlargement) -> Result<Picture, ModelError> {
        while let Some(tile) = enlargement.next_tile() {
            let work = tile.work;
            enlargement.put(&work, &self.run(tile).await?)?;
        }
        Ok(enlargement.finish().expect("no tile is left"))
    }

    /// Measures the pace for estimates, where that is quick: on the processor.
    ///
    /// # Errors
    /// The device's faults.
    pub async fn measure(&self) -> Result<(), ModelError> {
        match self.compute().is_cpu() {
            true => self.try_out([TRIAL; 2]).await,
            false => Ok(()),
        }
    }

    /// The windows to try out before the first picture: a GPU's are those of a drawing of this size
    /// on this canvas.
    pub(crate) fn first_windows(&self, drawn: [usize; 2], canvas: [u32; 2]) -> Vec<[usize; 2]> {
        if self.compute().is_cpu() {
            return vec![[TRIAL; 2]];
        }
        let drawn = drawn.map(|side| side as u32);
        let place = Placement::contained(drawn, canvas);
        let mut windows = expected_windows(drawn, place, self.tiling(), false);
        windows.dedup();
        windows
    }

    /// Runs the pass of a window once.
    pub(crate) async fn try_out(&self, window: [usize; 2]) -> Result<(), ModelError> {
        let tile = Tile::blank(window, self.network.signature().scale);
        match self.compute().is_cpu() {
            true => self.run(tile).await?,
            // A first run on a GPU says little about the pace.
            false => self.collect(self.submit(tile).await?).await?,
        };
        Ok(())
    }

    /// Submits a tile; the processor computes it.
    pub(crate) async fn submit(&self, tile: Tile) -> Result<Submitted, ModelError> {
        let size = tile.work.window();
        self.prepare(&[size], async |_, _| {}).await?;
        let kept = self.kept.borrow();
        let window = kept.iter().find(|window| window.size == size);
        let window = window.expect("the pass was prepared");
        window.input.write(0, &tile.premultiplied());
        window.pass.run();
        let reading = window.output.reading();
        Ok(Submitted { tile, reading })
    }

    /// Waits for a tile.
    pub(crate) async fn collect(&self, submitted: Submitted) -> Result<Vec<u8>, ModelError> {
        let Submitted { tile, reading } = submitted;
        let values = reading.values().await?;
        match tile.finish(values) {
            Ok(rgba) => Ok(rgba),
            Err(fault) => {
                self.compute().check_late().await?;
                let (pass, tile) = (tile.work.pass, tile.work.number);
                Err(ModelError::Tile { pass, tile, fault })
            }
        }
    }

    /// Compiles the passes of these windows. `report` receives the kernels' progress; see
    /// [`Prepared::compile`].
    ///
    /// # Errors
    /// The device's faults.
    pub(crate) async fn prepare(
        &self,
        sizes: &[[usize; 2]],
        report: impl AsyncFnMut(usize, usize),
    ) -> Result<(), ModelError> {
        // Taken, not borrowed: another run may begin at an await.
        let mut kept = self.kept.take();
        let mut missing: Vec<[usize; 2]> = (sizes.iter().copied())
            .filter(|size| kept.iter().all(|window| window.size != *size))
            .collect();
        // The smaller ones fit into the places of the largest.
        missing.sort_by_key(|[height, width]| Reverse(height * width));
        let most = match self.compute().is_cpu() {
            true => KEPT_CPU,
            false => KEPT_GPU,
        };
        let surplus = (kept.len() + missing.len())
            .saturating_sub(most)
            .min(kept.len());
        kept.drain(..surplus);
        if kept.is_empty() && !missing.is_empty() {
            self.workspace.take();
        }
        let new = self.compile(&missing, report).await;
        self.kept.borrow_mut().splice(0..0, kept);
        self.kept.borrow_mut().extend(new?);
        Ok(())
    }

    async fn compile(
        &self,
        sizes: &[[usize; 2]],
        report: impl AsyncFnMut(usize, usize),
    ) -> Result<Vec<Window>, ModelError> {
        let (compute, scale) = (self.compute(), self.network.signature().scale);
        let channels = self.network.signature().channels;
        let (mut passes, mut graphs) = (Vec::new(), Vec::new());
        for &[height, width] in sizes {
            let (pixels, enlarged) = (height * width, [height * scale, width * scale]);
            let input = Resident::zeros(compute, [pixels, channels]);
            let output = Resident::zeros(compute, [pixels * scale * scale, channels]);
            let mut graph = Graph::new(compute);
            let [x, y] = [&input, &output].map(|it| graph.resident(it));
            let (x, y) = (graph.image(x, [height, width]), graph.image(y, enlarged));
            self.network.record(&mut graph, x, y);
            graphs.push(graph.prepare(&mut self.workspace.borrow_mut()));
            passes.push((input, output));
        }
        Prepared::compile(&graphs, report).await?;
        let mut windows = Vec::new();
        for ((&size, graph), (input, output)) in sizes.iter().zip(graphs).zip(passes) {
            windows.push(Window {
                size,
                input,
                output,
                pass: graph.finish()?,
            });
        }
        Ok(windows)
    }

    pub(crate) fn tiling(&self) -> Tiling {
        let signature = self.network.signature();
        Tiling {
            window_max: match self.compute().is_cpu() {
                true => WINDOW_CPU,
                false => WINDOW_GPU,
            },
            margin: signature.margin as u32,
            factor: signature.scale as u32,
        }
    }

    /// Bytes of the weights on the device.
    #[must_use]
    pub fn weight_bytes(&self) -> u64 {
        self.weight_bytes
    }

    /// Bytes of the passes that are kept: those of their runs, and of their inputs and outputs.
    pub(crate) fn bytes(&self) -> [u64; 2] {
        let kept = self.kept.borrow();
        let residents = kept
            .iter()
            .map(|window| window.input.bytes() + window.output.bytes());
        [self.workspace.borrow().bytes(), residents.sum()]
    }

    /// The time that so many window pixels take, by what was measured so far.
    #[must_use]
    pub(crate) fn duration(&self, pixels: usize) -> Option<Duration> {
        let seconds = self.seconds_per_pixel.get()? * pixels as f64;
        Some(Duration::from_secs_f64(seconds))
    }

    /// Notes how long tiles took on one device, in all so many window pixels, for estimates: for those that
    /// were computed elsewhere.
    pub fn note_pace(&self, pixels: usize, elapsed: Duration) {
        if pixels > 0 {
            self.seconds_per_pixel
                .set(Some(elapsed.as_secs_f64() / pixels as f64));
        }
    }
}

#[cfg(test)]
mod tests;
