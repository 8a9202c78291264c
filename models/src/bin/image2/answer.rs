//! What a command answers, and how it ended. [`crate::output`] writes it.

use std::process::ExitCode;

use serde_json::{Map, Value};

/// The answer of one run of the command.
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
    /// The command worked and its answer is no, as of `verify`.
    Unsound,
    /// A signal stopped it; the exit code says which one.
    Stopped(u8),
    /// Something broke; the answer holds what was done before.
    Failed(anyhow::Error),
}

impl Answer {
    /// The answer of a command that did all it was asked for. `value` is an object.
    pub fn done(lines: Vec<String>, value: Value) -> Self {
        let Value::Object(value) = value else {
            panic!("an answer is an object");
        };
        Self {
            lines,
            value,
            end: End::Done,
        }
    }

    /// The answer of a command that a signal stopped before it did anything.
    pub fn stopped(code: u8) -> Self {
        Self::ended(End::Stopped(code))
    }

    /// The answer of a command that did nothing.
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
