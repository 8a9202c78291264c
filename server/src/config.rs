//! The settings: each documented once, here, and settable in a file, the environment or by flag.
//!
//! Contract: without any configuration the server runs on this machine alone. Later sources win:
//! default, file, environment, flag. A key that does not exist is an error, because a misspelt
//! limit that is silently ignored is no limit.

mod load;

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
};

use clap::{Args, Parser, ValueEnum};
use serde::{Deserialize, Serialize};

pub use load::{Loaded, load};

/// Serves the Image 2 app and its model packages.
///
/// Settings come from a TOML file (--config), the environment and flags; the later wins.
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

/// What one source sets; the comments are the documentation that `--help` prints.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address and port to listen on; port 0 takes any free one, and the real one is printed
    #[arg(long, env = "IMAGE2_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,

    /// Folder of the built app (Trunk's dist), with index.html and optional .br siblings
    #[arg(long, env = "IMAGE2_APP_DIR", value_name = "FOLDER")]
    pub app_dir: Option<PathBuf>,

    /// Folder of model packages, served as /models/NAME/FILE
    #[arg(long, env = "IMAGE2_MODELS_DIR", value_name = "FOLDER")]
    pub models_dir: Option<PathBuf>,

    /// Lifetime of Strict-Transport-Security; 0 sends none. Set it only behind TLS
    #[arg(long, env = "IMAGE2_HSTS_MAX_AGE_S", value_name = "SECONDS")]
    pub hsts_max_age_s: Option<u64>,

    /// How log lines look: for people (pretty) or for programs (json)
    #[arg(long, env = "IMAGE2_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,

    /// What is logged: a level, or levels by module such as "warn,image2_server=debug"
    #[arg(long, env = "IMAGE2_LOG_FILTER", value_name = "FILTER")]
    pub log_filter: Option<String>,

    /// Longest time until an answer begins; its body may take longer
    #[arg(long, env = "IMAGE2_REQUEST_TIMEOUT_S", value_name = "SECONDS")]
    pub request_timeout_s: Option<NonZeroU64>,

    /// Longest time for a request's head to arrive, and for a connection to stay idle
    #[arg(long, env = "IMAGE2_HEADER_READ_TIMEOUT_S", value_name = "SECONDS")]
    pub header_read_timeout_s: Option<NonZeroU64>,

    /// Longest time that a client may take nothing of an answer being sent to it
    #[arg(long, env = "IMAGE2_WRITE_STALL_TIMEOUT_S", value_name = "SECONDS")]
    pub write_stall_timeout_s: Option<NonZeroU64>,

    /// Largest request body
    #[arg(long, env = "IMAGE2_REQUEST_BODY_LIMIT_BYTES", value_name = "BYTES")]
    pub request_body_limit_bytes: Option<usize>,

    /// Connections at a time; further ones wait in the system's queue
    #[arg(long, env = "IMAGE2_MAX_CONNECTIONS", value_name = "COUNT")]
    pub max_connections: Option<NonZeroUsize>,

    /// After the signal to stop, how long to go on accepting while /healthz says 503
    #[arg(long, env = "IMAGE2_SHUTDOWN_NOTICE_S", value_name = "SECONDS")]
    pub shutdown_notice_s: Option<u64>,

    /// After that, how long answers being sent may take to finish before they are cut
    #[arg(long, env = "IMAGE2_DRAIN_DEADLINE_S", value_name = "SECONDS")]
    pub drain_deadline_s: Option<u64>,
}

impl Settings {
    /// The embedded defaults: every setting has one.
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
            request_body_limit_bytes: Some(64 * 1024),
            max_connections: NonZeroUsize::new(1024),
            shutdown_notice_s: Some(0),
            drain_deadline_s: Some(30),
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// The effective settings; see [`Settings`] for what each means.
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
    pub request_body_limit_bytes: usize,
    pub max_connections: NonZeroUsize,
    pub shutdown_notice_s: u64,
    pub drain_deadline_s: u64,
}
