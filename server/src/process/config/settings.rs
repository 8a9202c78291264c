//! The settings. Each is documented once, here, and can be given in a file, the environment or as a
//! flag.
//!
//! Contract: without configuration the server listens on the loopback address only. Later sources
//! take precedence: default, file, environment, flag. An unknown name is an error, because a
//! misspelt limit must not be ignored silently.

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Parser, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::http;

/// Serves the Image 2 app and its model packages.
///
/// Settings come from a TOML file (--config), the environment and flags. Flags take precedence over
/// the environment, the environment over the file.
#[derive(Debug, Parser)]
#[command(name = "image2-server", version)]
pub struct Cli {
    /// A TOML file with any of the settings below, named with underscores
    #[arg(long, env = "IMAGE2_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Print every effective setting and where it comes from, as a valid configuration file, and exit
    #[arg(long)]
    pub print_config: bool,

    /// The settings given by flag or environment.
    #[command(flatten)]
    pub settings: Settings,
}

/// The settings that one source gives. `--help` prints these comments.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address and port to listen on; port 0 takes any free port, which is printed
    #[arg(long, env = "IMAGE2_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,

    /// Folder of the built app (Trunk's dist), with index.html and optional Brotli copies (.br)
    #[arg(long, env = "IMAGE2_APP_DIR", value_name = "FOLDER")]
    pub app_dir: Option<PathBuf>,

    /// Folder of model packages, served as /models/NAME/FILE
    #[arg(long, env = "IMAGE2_MODELS_DIR", value_name = "FOLDER")]
    pub models_dir: Option<PathBuf>,

    /// Lifetime of Strict-Transport-Security; 0 leaves the header out. Set it only behind TLS
    #[arg(long, env = "IMAGE2_HSTS_MAX_AGE_S", value_name = "SECONDS")]
    pub hsts_max_age_s: Option<u64>,

    /// Format of log lines: for people (pretty) or for programs (json)
    #[arg(long, env = "IMAGE2_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,

    /// Log level, or levels by module such as "warn,image2_server=debug"
    #[arg(long, env = "IMAGE2_LOG_FILTER", value_name = "FILTER")]
    pub log_filter: Option<String>,

    /// Longest time until a response begins; its body may take longer
    #[arg(long, env = "IMAGE2_REQUEST_TIMEOUT_S", value_name = "SECONDS")]
    pub request_timeout_s: Option<NonZeroU64>,

    /// Longest time for the head of a request to arrive, and for a connection to stay idle
    #[arg(long, env = "IMAGE2_HEADER_READ_TIMEOUT_S", value_name = "SECONDS")]
    pub header_read_timeout_s: Option<NonZeroU64>,

    /// Longest time that a client may read nothing of a response
    #[arg(long, env = "IMAGE2_WRITE_STALL_TIMEOUT_S", value_name = "SECONDS")]
    pub write_stall_timeout_s: Option<NonZeroU64>,

    /// Largest number of simultaneous connections; further ones wait in the system's queue
    #[arg(long, env = "IMAGE2_MAX_CONNECTIONS", value_name = "COUNT")]
    pub max_connections: Option<NonZeroUsize>,

    /// How long to go on accepting connections after a stop signal, while /healthz reports 503
    #[arg(long, env = "IMAGE2_SHUTDOWN_NOTICE_S", value_name = "SECONDS")]
    pub shutdown_notice_s: Option<u64>,

    /// How long responses may take to finish after that, before their connections are closed
    #[arg(long, env = "IMAGE2_DRAIN_DEADLINE_S", value_name = "SECONDS")]
    pub drain_deadline_s: Option<u64>,
}

impl Settings {
    /// The defaults. Every setting has one.
    pub fn defaults() -> Self {
        Self {
            listen: Some((Ipv4Addr::LOCALHOST, 8080).into()),
            app_dir: Some("dist".into()),
            models_dir: Some("packages".into()),
            hsts_max_age_s: Some(0),
            log_format: Some(LogFormat::Pretty),
            log_filter: Some("info".to_owned()),
            request_timeout_s: NonZeroU64::new(30),
            header_read_timeout_s: NonZeroU64::new(30),
            write_stall_timeout_s: NonZeroU64::new(60),
            max_connections: NonZeroUsize::new(1024),
            shutdown_notice_s: Some(0),
            drain_deadline_s: Some(30),
        }
    }
}

/// Format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// The effective settings; see [`Settings`] for their meanings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "each setting is documented once, in `Settings`"
)]
pub struct Config {
    pub listen: SocketAddr,
    pub app_dir: PathBuf,
    pub models_dir: PathBuf,
    pub hsts_max_age_s: u64,
    pub log_format: LogFormat,
    pub log_filter: String,
    pub request_timeout_s: NonZeroU64,
    pub header_read_timeout_s: NonZeroU64,
    pub write_stall_timeout_s: NonZeroU64,
    pub max_connections: NonZeroUsize,
    pub shutdown_notice_s: u64,
    pub drain_deadline_s: u64,
}

impl Config {
    /// The settings that the router depends on.
    pub fn http_options(&self) -> http::Options {
        http::Options {
            app_dir: self.app_dir.clone(),
            models_dir: self.models_dir.clone(),
            request_timeout: Duration::from_secs(self.request_timeout_s.get()),
            hsts_max_age_s: self.hsts_max_age_s,
        }
    }
}
