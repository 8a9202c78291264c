//! Ctrl-C and SIGTERM. Whoever draws stops after the step at hand, and at once at the second
//! signal; other work stops at the first. Nothing unfinished stays behind.
//!
//! SIGHUP is left alone: a command that runs under `nohup` counts on its being ignored.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::unfinished;

/// Whether a signal asked this run to stop.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// From here on the first signal is for [`check`](Self::check) to find, and the second ends
    /// the process. Once a process.
    pub fn after_step() -> anyhow::Result<Self> {
        let interrupt = Self::default();
        let flag = interrupt.0.clone();
        watch(move |code| {
            if flag.swap(code, Ordering::Relaxed) != 0 {
                end(code);
            }
        })?;
        Ok(interrupt)
    }

    /// The exit code of a run that a signal asked to stop.
    pub fn code(&self) -> Option<u8> {
        Some(self.0.load(Ordering::Relaxed)).filter(|&code| code != 0)
    }

    /// Whether to go on with the next step.
    pub fn check(&self) -> ControlFlow<()> {
        match self.code() {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    }
}

/// From here on the first signal ends the process. Once a process.
pub fn at_once() -> anyhow::Result<()> {
    watch(end)
}

/// Ends the process, without anything unfinished.
fn end(code: u8) {
    let _nothing_new = unfinished::remove_all();
    std::process::exit(i32::from(code));
}

/// Calls `signalled` on a thread of its own, with the exit code of each signal as it arrives.
#[cfg(unix)]
fn watch(signalled: impl Fn(u8) + Send + 'static) -> anyhow::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            signalled(128 + signal as u8);
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn watch(signalled: impl Fn(u8) + Send + 'static) -> anyhow::Result<()> {
    ctrlc::set_handler(move || signalled(130))?;
    Ok(())
}
