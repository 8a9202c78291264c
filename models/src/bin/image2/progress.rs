//! Progress bars on standard error.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::Output;

/// A bar of `length` steps; hidden with `--json` and where standard error is not a terminal.
pub fn bar(output: &Output, length: u64, label: &str) -> ProgressBar {
    if output.json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(
        "{msg:16} {bar:32} {pos}/{len}  {elapsed} elapsed, {eta} left",
    );
    let bar = ProgressBar::new(length).with_message(label.to_owned());
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
