//! Where log lines go and how they look. They go to stderr: stdout is for what a program reads.

use tracing::Dispatch;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::config::{Config, LogFormat};

/// The subscriber that a configuration asks for, writing to `writer`.
pub fn subscriber<W>(config: &Config, writer: W, ansi: bool) -> Dispatch
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt()
        // Checked when the configuration was read.
        .with_env_filter(EnvFilter::new(&config.log_filter))
        .with_writer(writer)
        .with_ansi(ansi);
    match config.log_format {
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .into(),
        LogFormat::Pretty => builder.into(),
    }
}
