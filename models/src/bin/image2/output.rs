//! What the command says: sentences and bars for people, one JSON value for programs.

use std::time::Duration;

use image2_models::{Compute, ModelError};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

pub struct Output {
    json: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// The answer: `text` for people, `value` for programs.
    #[expect(
        clippy::print_stdout,
        reason = "the answer of a command goes to standard output"
    )]
    pub fn answer(&self, text: &str, value: &Value) {
        if self.json {
            println!("{value}");
        } else {
            println!("{text}");
        }
    }

    /// What broke and why, on standard error.
    #[expect(
        clippy::print_stderr,
        reason = "errors of a command go to standard error"
    )]
    pub fn error(&self, error: &anyhow::Error) {
        if self.json {
            let code = error.chain().find_map(|cause| {
                let model = cause.downcast_ref::<ModelError>().map(ModelError::code);
                model.or_else(|| {
                    cause
                        .downcast_ref::<image2_package::PackageError>()
                        .map(image2_package::PackageError::code)
                })
            });
            eprintln!(
                "{}",
                json!({ "error": { "code": code.unwrap_or("failed"), "message": format!("{error:#}") } })
            );
        } else {
            eprintln!("image2: {error:#}");
        }
    }

    /// A bar of `length` steps on standard error; hidden for programs and where nobody watches.
    pub fn bar(&self, length: u64, what: &str) -> ProgressBar {
        if self.json {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template(
            "{msg:16} {bar:32} {pos}/{len}  {elapsed} elapsed, {eta} left",
        );
        let bar = ProgressBar::new(length).with_message(what.to_owned());
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// The device for people and programs: the adapter's name, or `cpu`.
pub fn device_name(compute: &Compute) -> &str {
    match compute.adapter() {
        None => "cpu",
        Some("") => "gpu",
        Some(name) => name,
    }
}
