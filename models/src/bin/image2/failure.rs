//! Errors of the command itself. Each has a stable code and arguments for programs, listed in
//! `models/ERRORS.md`.

use std::io;
use std::path::PathBuf;

use image2_models::ModelError;
use image2_package::PackageError;
use serde_json::{Map, Value, json};

use crate::file_format::FileFormat;
use crate::names::{self, shown};

/// An output that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {fault}", shown(path))]
pub struct OutputError {
    /// The output as the user named it.
    pub path: PathBuf,
    pub fault: OutputFault,
}

/// The reason why an output cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputFault {
    #[error("pictures are written as {}", endings(.0))]
    Ending(&'static [FileFormat]),
    #[error(
        "an SVG holds flat areas of colour, and this picture is drawn in {}; ask for another look, or let the name end in .png",
        .0.as_ref().map_or("an unknown look".to_owned(), |look| format!("the look {look}"))
    )]
    Look(Option<String>),
    #[error("nothing in this picture is an area of one colour; let the name end in .png")]
    Areas,
    #[error("the folder {} does not exist", shown(.0))]
    NoFolder(PathBuf),
    #[error("{} is not a folder", shown(.0))]
    NotFolder(PathBuf),
    #[error("it is a folder")]
    IsFolder,
    #[error("it exists, and a package is never overwritten")]
    Exists,
    #[error("it is protected against writing")]
    Protected,
    #[error("it is a loop of symbolic links")]
    Links,
    #[error("it is the same file as {}, an earlier picture of this run", shown(.0))]
    Twice(PathBuf),
    #[error("this run reads it")]
    IsInput,
    #[error("a pipe or device takes one picture")]
    Several,
    #[error("it is a terminal; redirect it, or name a file")]
    Terminal,
    #[error("standard output is not a folder")]
    NeedsFolder,
    #[error("no file can be made in {}: {source}", shown(folder))]
    Folder {
        folder: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl OutputError {
    fn arguments(&self) -> Map<String, Value> {
        let mut arguments = Map::new();
        names::insert(&mut arguments, "path", &self.path);
        match &self.fault {
            OutputFault::Twice(other) => names::insert(&mut arguments, "other", other),
            OutputFault::Look(look) => {
                arguments.insert("look".to_owned(), json!(look));
            }
            _ => {}
        }
        arguments
    }
}

impl OutputFault {
    /// This fault of the output that the user named `path`.
    pub fn at(self, path: impl Into<PathBuf>) -> OutputError {
        let path = path.into();
        OutputError { path, fault: self }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Ending(_) => "output.ending",
            Self::Look(_) => "output.look",
            Self::Areas => "output.areas",
            Self::NoFolder(_) | Self::NotFolder(_) | Self::IsFolder | Self::NeedsFolder => {
                "output.folder"
            }
            Self::Exists => "output.exists",
            Self::Twice(_) => "output.twice",
            Self::IsInput => "output.is_input",
            Self::Several => "output.several",
            Self::Terminal => "output.terminal",
            Self::Protected | Self::Links | Self::Folder { .. } | Self::Io(_) => {
                "output.unwritable"
            }
        }
    }
}

fn endings(formats: &[FileFormat]) -> &'static str {
    match formats.contains(&FileFormat::Svg) {
        true => "PNG, or flat ones as SVG, so let the name end in .png or .svg",
        false => "PNG, so let the name end in .png",
    }
}

/// An input file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error("cannot read {name}: {source}")]
    Unreadable {
        name: String,
        #[source]
        source: io::Error,
    },
    #[error("{place} is not UTF-8 but {encoding}; save it as UTF-8")]
    Encoding {
        /// The file or a line of it.
        place: String,
        encoding: &'static str,
    },
    #[error("{place}: {reason}")]
    Invalid {
        /// The file or a line of it.
        place: String,
        reason: String,
    },
}

impl InputError {
    fn arguments(&self) -> Map<String, Value> {
        let value = match self {
            Self::Unreadable { name, .. } => json!({ "place": name }),
            Self::Encoding { place, encoding } => json!({ "place": place, "encoding": encoding }),
            Self::Invalid { place, reason } => json!({ "place": place, "reason": reason }),
        };
        value.as_object().cloned().unwrap_or_default()
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "input.unreadable",
            Self::Encoding { .. } => "input.encoding",
            Self::Invalid { .. } => "input.invalid",
        }
    }
}

/// Code and arguments of the first error in the chain that has them, else `failed`. Both are
/// stable.
pub fn identity(error: &anyhow::Error) -> (&'static str, Map<String, Value>) {
    let own = |cause: &(dyn std::error::Error + 'static)| {
        let model = cause.downcast_ref::<ModelError>();
        let model = model.map(|error| (error.code(), error.arguments()));
        let package = cause.downcast_ref::<PackageError>();
        let package = package.map(|error| (error.code(), error.arguments()));
        let output = cause.downcast_ref::<OutputError>();
        let output = output.map(|error| (error.fault.code(), error.arguments()));
        let input = cause.downcast_ref::<InputError>();
        let input = input.map(|error| (error.code(), error.arguments()));
        model.or(package).or(output).or(input)
    };
    let found = error.chain().find_map(own);
    found.unwrap_or_else(|| ("failed", Map::new()))
}

/// All errors of the chain in one sentence. An error that already ends with its cause, as I/O
/// errors of other crates do, does not repeat it.
pub fn sentence(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |sentence, cause| {
        let cause = cause.to_string();
        if sentence.is_empty() {
            cause
        } else if sentence.ends_with(&cause) {
            sentence
        } else {
            format!("{sentence}: {cause}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_each_cause_once() {
        let source = io::Error::other("the disk is full");
        let path = "weights".to_owned();
        let error = anyhow::Error::from(PackageError::Io { path, source });
        let error = error.context("cannot make the package");
        let expected = "cannot make the package: weights: the disk is full";
        assert_eq!(sentence(&error), expected);
    }

    #[test]
    fn an_error_keeps_its_code_and_arguments_in_a_chain() {
        let fault = OutputFault::Twice("a.png".into());
        let error = anyhow::Error::from(fault.at("b.png")).context("line 2 of list");
        assert!(sentence(&error).starts_with("line 2 of list: cannot write b.png"));
        let (code, arguments) = identity(&error);
        assert_eq!(code, "output.twice");
        let expected = json!({ "path": "b.png", "other": "a.png" });
        assert_eq!(Value::from(arguments), expected);
        assert_eq!(identity(&anyhow::anyhow!("odd")), ("failed", Map::new()));
    }
}
