//! Failures at start, each with a code whose meaning never changes.

use std::{io, net::SocketAddr, path::PathBuf};

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The command line is wrong, or asks for help or the version.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// The configuration file cannot be read.
    #[error("cannot read the configuration file {path}: {source}")]
    ConfigUnreadable {
        /// As given on the command line or in the environment.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A setting has an unknown name or an invalid value.
    #[error("{origin}: {message}")]
    ConfigInvalid {
        /// The file or setting with the fault.
        origin: String,
        /// What is wrong with it.
        message: String,
    },
    /// The address to listen on is in use or belongs to no interface of this machine.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// As configured.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The runtime, the signal handlers or standard output failed.
    #[error("cannot start: {0}")]
    System(io::Error),
}

impl StartError {
    /// The stable name of this failure, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Usage(_) => "usage",
            Self::ConfigUnreadable { .. } => "config_unreadable",
            Self::ConfigInvalid { .. } => "config_invalid",
            Self::Listen { .. } => "listen",
            Self::System(_) => "start",
        }
    }

    /// 2 if the server was started wrongly, otherwise 1.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::ConfigUnreadable { .. } | Self::ConfigInvalid { .. } => 2,
            Self::Listen { .. } | Self::System(_) => 1,
        }
    }
}
