//! The amount of work in one submission.
//!
//! While a submission runs, a GPU draws nothing else: neither the page nor the pointer. The system
//! aborts one that takes seconds, and the page with it. A pass is therefore submitted in parts that
//! take about [`SUBMISSION`] each, at the rate measured so far.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use web_time::Instant;

/// Long enough for a fast device to run a pass in one part, and short enough for a slow one to draw
/// the page in between.
const SUBMISSION: Duration = Duration::from_millis(60);
/// The initial rate in operations a second: that of a slow phone.
const RATE_AT_FIRST: f64 = 2e10;

/// The speed of a device.
#[derive(Debug)]
pub(super) struct Pace(Mutex<State>);

#[derive(Debug)]
struct State {
    /// The start of the present busy period, and the work submitted since; `None` while idle.
    busy: Option<Mark>,
    /// Operations a second.
    rate: f64,
}

/// A point in the device's work: everything submitted until then.
///
/// Work is measured from the start of a busy period, not from one mark to the next: the completion
/// of the first may be reported so late that the second is done by then.
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

    /// The most operations of one submission.
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

    /// The present end of the device's work; `None` while idle.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.state().busy
    }

    /// Records that everything before the mark is done.
    pub(super) fn done(&self, mark: Option<Mark>) {
        let mut state = self.state();
        // A mark of another busy period says nothing about this one.
        let Some((mark, busy)) = mark.zip(state.busy).filter(|(a, b)| a.since == b.since) else {
            return;
        };
        state.rate = updated(state.rate, mark.flops, mark.since.elapsed());
        if mark == busy {
            state.busy = None;
        }
    }

    /// Records that the completion of the last work will not be observed.
    pub(super) fn forget(&self) {
        self.state().busy = None;
    }
}

/// The new rate after a measurement. A first pass may include compilation, so a slower measurement
/// has less weight than a faster one.
fn updated(rate: f64, flops: u64, elapsed: Duration) -> f64 {
    let measured = flops as f64 / elapsed.as_secs_f64().max(1e-6);
    if flops == 0 {
        rate
    } else if measured > rate {
        measured
    } else {
        0.5 * (rate + measured)
    }
}

/// Divides a list of operations into parts of at most `budget`; a larger operation is a part of its
/// own.
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
    fn parts_are_within_the_budget_and_complete() {
        assert_eq!(parts(&[], 10), []);
        assert_eq!(parts(&[4, 4, 4, 0, 30, 1], 10), [0..2, 2..4, 4..5, 5..6]);
        assert_eq!(parts(&[4, 4, 4, 0, 30, 1], 100), vec![0..6; 1]);
    }

    #[test]
    fn a_busy_period_ends_when_its_last_work_is_done() {
        let pace = Pace::default();
        assert_eq!(pace.mark(), None);
        pace.submitted(3);
        let first = pace.mark();
        pace.submitted(4);
        let second = pace.mark();
        pace.done(first);
        assert_eq!(pace.mark(), second, "the second is still running");
        pace.done(second);
        assert_eq!(pace.mark(), None);

        pace.submitted(5);
        let dropped = pace.mark();
        pace.forget();
        pace.submitted(6);
        let rate = pace.state().rate;
        std::thread::sleep(Duration::from_millis(2));
        pace.done(dropped);
        assert_eq!(pace.state().rate, rate, "reported too late");
        assert!(pace.mark().is_some());
    }

    #[test]
    fn the_rate_follows_the_measurements() {
        let second = Duration::from_secs(1);
        assert_eq!(updated(5.0, 50, second), 50.0);
        assert_eq!(updated(50.0, 10, second), 30.0);
        assert_eq!(updated(50.0, 0, second), 50.0);
    }
}
