//! When silence of the worker counts as a failure.

use image2_protocol::{Failure, Remedy};

use super::{Cancelling, Command, Phase, Run, Session};

/// Longest silence of a worker that is being fetched and compiled: megabytes on a slow phone.
const STARTING_MS: f64 = 120_000.0;
/// Longest silence while the model's bytes arrive and are put on the device, or while the device
/// compiles one kernel.
const LOADING_MS: f64 = 120_000.0;
/// Longest silence during a job, unless its parts, steps or tiles, are known to be slow.
const PART_MS: f64 = 60_000.0;
/// A part may take this many times the slowest so far.
const PART_SLACK: f64 = 10.0;
/// Ticks further apart than this mean that the machine slept, and the silence says nothing.
const SLEPT_MS: f64 = 10_000.0;
/// After this long without an answer to `Cancel`, the worker may be ended by force.
const CANCEL_PATIENCE_MS: f64 = 5_000.0;

impl Session {
    /// Detects a worker that stopped responding. To be called about once a second.
    pub fn tick(&mut self, now_ms: f64) -> Vec<Command> {
        if now_ms - self.ticked_ms > SLEPT_MS {
            self.response_ms = now_ms;
        }
        self.ticked_ms = now_ms;
        if let Run::Active(active) = &mut self.run
            && let Cancelling::Since(since_ms) = active.cancelling
            && now_ms - since_ms > CANCEL_PATIENCE_MS
        {
            active.cancelling = Cancelling::Overdue;
        }
        let patience_ms = match (&self.phase, &self.run) {
            (Phase::Starting, _) => STARTING_MS,
            (Phase::Loading { .. } | Phase::Preparing { .. }, _) => LOADING_MS,
            // The first step or tile also compiles whatever the recommended settings did not need.
            (Phase::Ready(_), Run::Active(active)) if active.progress.done == 0 => STARTING_MS,
            (Phase::Ready(_), Run::Active(_)) => PART_MS.max(PART_SLACK * self.slowest_part_ms),
            _ => return vec![],
        };
        if now_ms - self.response_ms <= patience_ms {
            return vec![];
        }
        let phase = match self.phase {
            Phase::Starting => "starting",
            Phase::Loading { .. } => "loading",
            Phase::Preparing { .. } => "preparing",
            Phase::Ready(_) | Phase::Down => "drawing",
        };
        let failure = Failure::new("worker.silent", Remedy::Restart).with("phase", phase);
        self.fail(failure, true)
    }
}
