//! The log's format and filter. The log goes to standard error; standard output is for programs.

use tracing::Dispatch;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::config::{Config, LogFormat};

/// A subscriber as configured, which writes to `writer`.
pub fn subscriber<W>(config: &Config, writer: W, ansi: bool) -> Dispatch
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt()
        // Validated when the configuration was read.
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
