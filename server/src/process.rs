//! The process around the router: settings, logging, the socket, signals, the exit code.

mod config;
mod error;
mod logging;
mod run;
mod serve;
mod signals;

pub use config::{Cli, Config, Loaded, LogFormat, Settings, load};
pub use error::StartError;
pub use logging::subscriber;
pub use run::run;
pub use serve::{Ended, serve};
