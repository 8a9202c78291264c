//! How much is submitted at a time.
//!
//! While a submission runs, a GPU draws nothing else: not the page, not the mouse. A system ends
//! one that takes seconds, and the page with it. So a pass goes to the device in parts that take
//! about [`SUBMISSION`] each, by the speed that was seen so far.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use web_time::Instant;

/// Few enough parts that a fast device runs a pass as one, and short enough that a slow one still
/// draws the page.
const SUBMISSION: Duration = Duration::from_millis(60);
/// Operations a second before anything was seen: a slow phone's.
const RATE_AT_FIRST: f64 = 2e10;

/// The speed of a device.
#[derive(Debug)]
pub(super) struct Pace(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Since when the device has had something to do, and how much it was given since.
    busy: Option<Mark>,
    /// Operations a second.
    rate: f64,
}

/// A point in the device's work: all that was given to it until then.
///
/// Work is measured from the start of a busy time, not from one mark to the next: whoever waits
/// may hear of the first so late that the second is done by then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    since: Instant,
    flops: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self(Mutex::new(State {
            busy: None,
            rate: RATE_AT_FIRST,
        }))
    }
}

impl Pace {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Operations of one submission.
    pub(super) fn budget(&self) -> u64 {
        (self.state().rate * SUBMISSION.as_secs_f64()) as u64
    }

    pub(super) fn submitted(&self, flops: u64) {
        let idle = || Mark {
            since: Instant::now(),
            flops: 0,
        };
        self.state().busy.get_or_insert_with(idle).flops += flops;
    }

    /// Where the device's work ends now; `None` where it has none.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.state().busy
    }

    /// The device has done all it was given before the mark.
    pub(super) fn done(&self, mark: Option<Mark>) {
        let mut state = self.state();
        // Of another busy time: it says nothing about this one.
        let Some((mark, busy)) = mark.zip(state.busy).filter(|(a, b)| a.since == b.since) else {
            return;
        };
        state.rate = learned(state.rate, mark.flops, mark.since.elapsed());
        if mark == busy {
            state.busy = None;
        }
    }

    /// Nobody will wait for what was given last, so nobody will hear when it is done.
    pub(super) fn forget(&self) {
        self.state().busy = None;
    }
}

/// The rate after so much was done in that time. A first pass also compiles, so one slow pass
/// says less than a fast one.
fn learned(rate: f64, flops: u64, elapsed: Duration) -> f64 {
    let seen = flops as f64 / elapsed.as_secs_f64().max(1e-6);
    if flops == 0 {
        rate
    } else if seen > rate {
        seen
    } else {
        0.5 * (rate + seen)
    }
}

/// Cuts a list of operations into runs of at most `budget`; one that is larger stands alone.
pub(super) fn parts(flops: &[u64], budget: u64) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut filled = 0;
    for (i, &flops) in flops.iter().enumerate() {
        match parts.last_mut() {
            Some(part) if filled + flops <= budget => {
                part.end = i + 1;
                filled += flops;
            }
            _ => {
                parts.push(i..i + 1);
                filled = flops;
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_the_budget_and_lose_nothing() {
        assert_eq!(parts(&[], 10), []);
        assert_eq!(parts(&[4, 4, 4, 0, 30, 1], 10), [0..2, 2..4, 4..5, 5..6]);
        assert_eq!(parts(&[4, 4, 4, 0, 30, 1], 100), vec![0..6; 1]);
    }

    #[test]
    fn a_busy_time_ends_when_its_last_work_is_done() {
        let pace = Pace::default();
        assert_eq!(pace.mark(), None);
        pace.submitted(3);
        let first = pace.mark();
        pace.submitted(4);
        let second = pace.mark();
        pace.done(first);
        assert_eq!(pace.mark(), second, "the second is still on its way");
        pace.done(second);
        assert_eq!(pace.mark(), None);

        pace.submitted(5);
        let dropped = pace.mark();
        pace.forget();
        pace.submitted(6);
        let rate = pace.state().rate;
        std::thread::sleep(Duration::from_millis(2));
        pace.done(dropped);
        assert_eq!(pace.state().rate, rate, "told too late");
        assert!(pace.mark().is_some());
    }

    #[test]
    fn the_rate_follows_what_was_seen() {
        let second = Duration::from_secs(1);
        assert_eq!(learned(5.0, 50, second), 50.0);
        assert_eq!(learned(50.0, 10, second), 30.0);
        assert_eq!(learned(50.0, 0, second), 50.0);
    }
}
