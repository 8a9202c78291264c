//! Ctrl-C and SIGTERM. Sampling stops after the current step, or at once on a second signal; other
//! work stops at once. Either way no temporary file is left.
//!
//! SIGHUP keeps its disposition, because `nohup` sets it to ignored before the command starts.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::unfinished;

/// Records the first signal.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// Installs the handler: the first signal is recorded for [`check`](Self::check), the second
    /// ends the process. Called at most once a process.
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

    /// The exit code for the recorded signal; `None` if there is none.
    pub fn code(&self) -> Option<u8> {
        Some(self.0.load(Ordering::Relaxed)).filter(|&code| code != 0)
    }

    /// `Break` if a signal was recorded.
    pub fn check(&self) -> ControlFlow<()> {
        match self.code() {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    }
}

/// Installs the handler: the first signal ends the process. Called at most once a process.
pub fn at_once() -> anyhow::Result<()> {
    watch(end)
}

/// Removes temporary files and ends the process.
fn end(code: u8) {
    let _guard = unfinished::remove_all();
    std::process::exit(i32::from(code));
}

/// Calls `signalled` on its own thread with the exit code of each signal.
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
