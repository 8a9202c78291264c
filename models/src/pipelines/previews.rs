//! Previews of steps: which are worth enlarging, and their size.

use std::time::Duration;

use image2_picture::Picture;
use web_time::Instant;

use super::Pipeline;
use super::enlarge::{Placement, nearest};
use super::plan::Plan;
use crate::error::ModelError;

/// A preview that takes less than this is made at every step.
const CHEAP: Duration = Duration::from_millis(30);
/// Otherwise previews are this many times apart from each other as one takes.
const PAUSE: u32 = 3;

/// Decides which steps have previews.
#[derive(Debug, Default)]
pub(crate) struct Previews {
    /// When the last one was ready, and what it took.
    last: Option<(Instant, Duration)>,
}

impl Previews {
    /// Whether a step is worth a preview: the first look always, the last step never, because the
    /// finished picture follows.
    pub(crate) fn is_due(&self, number: u32, steps: u32) -> bool {
        let since = self.last.map(|(ready, took)| (ready.elapsed(), took));
        number < steps && is_due(since)
    }

    pub(crate) fn note(&mut self, start: Instant) {
        self.last = Some((Instant::now(), start.elapsed()));
    }
}

/// By the time since the last preview, and what that one took.
fn is_due(since: Option<(Duration, Duration)>) -> bool {
    since.is_none_or(|(elapsed, took)| took < CHEAP || elapsed >= PAUSE * took)
}

impl Pipeline {
    /// A drawing as it is shown before the finished picture: in its proportions, enlarged once
    /// where the model has an upscaler.
    ///
    /// # Errors
    /// The device's faults.
    pub(crate) async fn preview(&self, plan: &Plan, drawn: Picture) -> Result<Picture, ModelError> {
        let Some(enlarger) = &self.enlarger else {
            return Ok(drawn);
        };
        let scale = enlarger.network().signature().scale as u32;
        let size = [drawn.height(), drawn.width()];
        let place = Placement::contained(size, plan.canvas);
        let once = [0, 1].map(|i| (size[i] * scale).min(place.size[i]));
        let place = place.scaled(once);
        if plan.repeats_pixels {
            return Ok(place.place(nearest(&drawn, once)?)?);
        }
        enlarger.whole(enlarger.enlargement(drawn, place)?).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previews_take_a_quarter_of_the_time_at_most() {
        let due = |elapsed, took| {
            let [elapsed, took] = [elapsed, took].map(Duration::from_millis);
            is_due(Some((elapsed, took)))
        };
        assert!(is_due(None));
        assert!(due(0, 29) && !due(0, 30));
        assert!(due(300, 100) && !due(299, 100));
        let fresh = Previews::default();
        assert!(fresh.is_due(1, 4) && !fresh.is_due(4, 4) && !fresh.is_due(1, 1));
    }
}
