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
            is_last_stage: stage == Stage::Enlarging || self.cost.tiles == 0,
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
        let left = time_left(
            spent,
            f64::from(done) / f64::from(all.max(1)),
            self.cost.enlarging(),
        );
        let preview = tiles.preview.as_ref();
        self.send(Stage::Enlarging, [done, all], elapsed, left, preview);
        self.check_cancel().await
    }
}

/// Remaining time, where a part of the tiles was computed in the time spent. Tiles differ, and the first
/// ones are small: the less is done, the more counts the estimate.
fn time_left(spent: Duration, part: f64, estimate: Option<Duration>) -> Option<Duration> {
    let measured = (part > 0.0).then(|| spent.div_f64(part));
    let whole = match (measured, estimate) {
        (Some(measured), Some(estimate)) => measured.mul_f64(part) + estimate.mul_f64(1.0 - part),
        (one, other) => one.or(other)?,
    };
    // Longer than estimated: what is left takes about its share.
    let share = whole.mul_f64(1.0 - part);
    Some(whole.saturating_sub(spent).max(share.div_f64(2.0)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_less_is_done_the_more_counts_the_estimate() {
        let seconds = Duration::from_secs_f64;
        let left = |spent, part, estimate: Option<f64>| {
            let left = time_left(seconds(spent), part, estimate.map(seconds));
            left.map(|left| (left.as_secs_f64() * 10.0).round() / 10.0)
        };
        assert_eq!(left(0.0, 0.0, None), None);
        assert_eq!(left(0.0, 0.0, Some(9.0)), Some(9.0));
        assert_eq!(left(1.0, 0.25, None), Some(3.0));
        // The first tile of twenty was quick, as the first ones are.
        assert_eq!(left(0.1, 0.05, Some(15.0)), Some(14.3));
        assert_eq!(left(9.0, 0.9, Some(15.0)), Some(1.5));
        assert_eq!(left(10.0, 1.0, Some(15.0)), Some(0.0));
        // Much longer than estimated.
        assert_eq!(left(30.0, 0.1, Some(2.0)), Some(14.3));
    }
}
