//! Failures and notes: codes with arguments. The page alone turns them into sentences.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Values that a sentence mentions, by name: `{"width": 4096, "limit": 512}`.
pub type Arguments = Map<String, Value>;

/// Something went wrong. Internals are logged where they occur and never cross.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable identifier, for sentences and tests: `gpu.lost`, `package.tampered`, …
    pub code: String,
    /// What the sentence mentions.
    #[serde(default)]
    pub arguments: Arguments,
    /// What helps.
    pub remedy: Remedy,
}

impl Failure {
    /// A failure without arguments.
    pub fn new(code: &str, remedy: Remedy) -> Self {
        Self {
            code: code.to_owned(),
            arguments: Arguments::new(),
            remedy,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.arguments.insert(name.to_owned(), value.into());
        self
    }
}

/// Something that the person should know about a picture that was made all the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Stable identifier: `words.unread`, `words.unknown`.
    pub code: String,
    /// What the sentence mentions.
    #[serde(default)]
    pub arguments: Arguments,
}

impl Note {
    /// A note without arguments.
    pub fn new(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            arguments: Arguments::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.arguments.insert(name.to_owned(), value.into());
        self
    }
}

/// The page's remedy for a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// The request was wrong: change it.
    ChangeRequest,
    /// The worker is intact: try again.
    Retry,
    /// The worker is lost: start a new one and load the model again.
    Restart,
    /// This device cannot do it: use the CPU worker.
    UseCpu,
    /// The package is damaged: fetch it again.
    FetchAgain,
    /// Page and worker, or page and server, come from different deployments: reload the page.
    Reload,
}
