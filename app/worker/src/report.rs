//! Reports of a job to the page, and the page's wish to stop it.

use std::ops::ControlFlow;

use image2_models::{Observer, Step, Tiles};
use image2_picture::Picture;
use image2_protocol::{Event, Frame, JobId, Stage};
use web_time::Duration;

use crate::cost::Cost;
use crate::{is_cancelled, wire};

/// Reports each step and each tile, and checks for `Cancel` between them.
pub(crate) struct Reporter {
    id: JobId,
    steps: u32,
    /// As known beforehand.
    cost: Cost,
    /// Time of the first step. It also encodes the prompt and compiles what new settings need, so
    /// the estimate of the others leaves it out.
    first: Option<Duration>,
    /// When the last step was done.
    drawn: Duration,
    /// Bytes of the largest preview so far. A smaller one would look worse: some sizes are reached from
    /// less than the drawing's previews have.
    shown: usize,
}

impl Reporter {
    /// Reports the start of a job.
    pub(crate) fn start(id: JobId, steps: u32, cost: Cost) -> Self {
        let mut reporter = Self {
            id,
            steps,
            cost,
            first: None,
            drawn: Duration::ZERO,
            shown: 0,
        };
        reporter.send(Stage::Drawing, [0, steps], Duration::ZERO, None, None);
        reporter
    }

    /// Lets a `Cancel` arrive.
    pub(crate) async fn check_cancel(&self) -> ControlFlow<()> {
        wire::yield_to_messages().await;
        match is_cancelled(self.id) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// Time for the other steps and for enlarging.
    fn left(&mut self, step: &Step) -> Option<Duration> {
        let first = *self.first.get_or_insert(step.elapsed);
        let each = match step.number {
            1 => first,
            later => (step.elapsed - first) / (later - 1),
        };
        let enlarging = self.cost.enlarging()?;
        Some(each * (self.steps - step.number) + enlarging)
    }

    fn send(
        &mut self,
        stage: Stage,
        [done, all]: [u32; 2],
        elapsed: Duration,
        left: Option<Duration>,
        preview: Option<&Picture>,
    ) {
        let preview = preview.filter(|preview| preview.rgba().len() >= self.shown);
        self.shown = preview.map_or(self.shown, |preview| preview.rgba().len());
        let progress = Event::Progress {
            id: self.id,
            stage,
            done,
            all,
            elapsed_ms: ms(elapsed),
            left_ms: left.map(ms),
            frame: preview.map(frame),
        };
        match preview {
            Some(preview) => wire::send_pixels(&progress, preview.rgba()),
            None => wire::send(&progress),
        }
    }
}

impl Observer for Reporter {
    async fn step(&mut self, step: Step) -> ControlFlow<()> {
        self.drawn = step.elapsed;
        let left = self.left(&step);
        let (stage, part) = (Stage::Drawing, [step.number, self.steps]);
        self.send(stage, part, step.elapsed, left, step.preview.as_ref());
        if step.number == self.steps && self.cost.tiles > 0 {
            let part = [0, self.cost.tiles];
            self.send(Stage::Enlarging, part, step.elapsed, left, None);
        }
        self.check_cancel().await
    }

    async fn tiles(&mut self, tiles: Tiles) -> ControlFlow<()> {
        let Tiles {
            done, all, elapsed, ..
        } = tiles;
        let spent = elapsed.saturating_sub(self.drawn);
        let left = (done > 0).then(|| spent.mul_f64(f64::from(all - done) / f64::from(done)));
        let preview = tiles.preview.as_ref();
        self.send(Stage::Enlarging, [done, all], elapsed, left, preview);
        self.check_cancel().await
    }
}

/// The size of a picture.
pub(crate) fn frame(picture: &Picture) -> Frame {
    Frame {
        width: picture.width(),
        height: picture.height(),
    }
}

pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
