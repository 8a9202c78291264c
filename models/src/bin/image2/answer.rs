//! The answer of a command and how the command ended; [`crate::output`] writes it.

use std::process::ExitCode;

use serde_json::{Map, Value};

/// The answer of one run.
pub struct Answer {
    /// For people, a line each.
    pub lines: Vec<String>,
    /// For programs.
    pub value: Map<String, Value>,
    /// How the command ended.
    pub end: End,
}

/// How a command ended.
pub enum End {
    Done,
    /// `verify` worked and found faults.
    Unsound,
    /// A signal stopped the command, which exits with this code.
    Stopped(u8),
    /// The command failed; the answer covers the work before the failure.
    Failed(anyhow::Error),
}

impl Answer {
    /// The answer of a complete run.
    ///
    /// # Panics
    /// If `value` is not a JSON object.
    pub fn done(lines: Vec<String>, value: Value) -> Self {
        let Value::Object(value) = value else {
            panic!("an answer is a JSON object");
        };
        Self {
            lines,
            value,
            end: End::Done,
        }
    }

    /// The empty answer of a run that a signal stopped.
    pub fn stopped(code: u8) -> Self {
        Self::ended(End::Stopped(code))
    }

    /// The empty answer of a run that failed.
    pub fn failed(error: anyhow::Error) -> Self {
        Self::ended(End::Failed(error))
    }

    fn ended(end: End) -> Self {
        Self {
            lines: Vec::new(),
            value: Map::new(),
            end,
        }
    }
}

impl End {
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Unsound | Self::Failed(_) => ExitCode::FAILURE,
            Self::Stopped(code) => ExitCode::from(*code),
        }
    }
}
